#include "storage/wal.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/planted.hpp"
#include "storage/recovery.hpp"

namespace holdfast::storage {
namespace {

constexpr std::uint64_t kSegmentAlignment = 4096;
constexpr std::size_t kBufferBytesKept = 4 << 20;  // of the group's buffer, between groups

// Zeros that a small group is now and then written with, for the next ones to be written over. In
// room that a file system has only reserved, each sync has to make durable as well which of it was
// written: a second write and a second wait. Zeros for large groups would cost more than that.
constexpr std::uint64_t kZerosAhead = 512 << 10;
constexpr std::size_t kSmallGroup = 64 << 10;

constexpr std::size_t kDropsAtOnce = 4;  // segments; more would keep what comes next waiting

// Gathers the entries that the log ends up with, as LogState does their terms.
class Collector final : public LogVisitor {
 public:
  void segment(const std::string&, const SegmentHeader& header) override {
    if (!std::exchange(begun_, true)) first_ = header.start.next;
  }
  void record(ScannedRecord record) override {
    if (const auto* reset = std::get_if<ResetRecord>(&record.content)) {
      entries_.clear();
      first_ = reset->last.index.next();
    }
    auto* replacing = std::get_if<EntriesRecord>(&record.content);
    if (replacing == nullptr) return;
    first_ = std::min(first_, replacing->first);
    entries_.resize(replacing->first.value() - first_.value());
    std::ranges::move(replacing->entries, std::back_inserter(entries_));
  }
  std::vector<raft::Entry> take() { return std::move(entries_); }

 private:
  bool begun_ = false;
  Index first_;  // of the entries
  std::vector<raft::Entry> entries_;
};

IoResult<void> sync_group(File& file) {
  if (planted(Bug::kSyncSkipped)) return {};
  auto done = file.sync();
  if (!done && planted(Bug::kFailedSyncIgnored)) done = file.sync();
  return done;
}

std::size_t payload_bytes(const std::vector<raft::Persist>& batches) {
  std::size_t sum = 0;
  for (const auto& batch : batches) {
    for (const auto& entry : batch.entries) sum += entry.payload.size();
  }
  return sum;
}

}  // namespace

std::expected<Wal::Opened, RecoveryError> Wal::open(Disk& disk, const std::string& dir,
                                                    WalOptions options) {
  Collector collector;
  const auto end = read_log(disk, dir, collector, Identity{options.cluster, options.node});
  if (!end) return std::unexpected(end.error());
  std::vector<std::string> notes;
  auto file = repair_log(disk, dir, *end, notes);
  if (!file) return std::unexpected(file.error());

  Wal wal(disk, log_dir(dir), options, std::move(*file), *end);
  if (end->has_records && (!end->marked || end->torn_end != 0)) wal.mark();
  return Opened{std::move(wal),
                raft::Restored{.hard_state = end->state.summary().hard_state,
                               .base = end->state.base(),
                               .entries = collector.take()},
                std::move(notes)};
}

Wal::Wal(Disk& disk, std::string dir, WalOptions options, std::unique_ptr<File> file,
         const LogEnd& end)
    : disk_(&disk),
      dir_(std::move(dir)),
      options_(options),
      file_(std::move(file)),
      sequence_(end.header.sequence),
      file_bytes_(end.header.file_bytes),
      seed_(segment_seed(end.header.identity, end.header.sequence)),
      end_(end.offset),
      // A mark at the end was read, but perhaps never reached the disk: it proves what is before
      // it.
      synced_(end.marked && end.torn_end == 0 ? end.proven : end.offset),
      written_to_(end.offset),
      segments_(end.segments.begin(), end.segments.end()),
      state_(end.state),
      written_(end.state.summary()) {}

IoResult<void> Wal::append(raft::Persist batch) {
  if (failure_) return std::unexpected(*failure_);
  if (batch.hard_state) {
    const auto applied = state_.apply(*batch.hard_state);
    CHECK_MSG(applied, applied.error());
  }
  if (batch.reset) {
    const auto applied = state_.reset(*batch.reset);
    CHECK_MSG(applied, applied.error());
  }
  const auto applied = state_.apply(batch.first, batch.entries);
  CHECK_MSG(applied, applied.error());
  queued_.push_back(std::move(batch));
  return {};
}

IoResult<void> Wal::sync() {
  if (failure_) return std::unexpected(*failure_);
  if (queued_.empty()) return {};
  if (auto done = write_queued(); !done) return done;
  for (const auto& batch : queued_) first_needed_ = std::max(first_needed_, batch.first_needed);
  queued_.clear();
  return drop_unneeded();
}

IoResult<void> Wal::write_queued() {
  encode_queued();
  if (group_.empty()) return {};
  if (!fits(group_.size())) {
    if (auto done = roll(group_.size()); !done) return done;
    encode_queued();
  }
  const auto group_end = end_ + group_.size();
  if (group_end > written_to_ && group_.size() <= kSmallGroup) {
    group_.resize(std::min(group_end + kZerosAhead, file_bytes_) - end_);
  }
  auto written = file_->write_at(end_, group_);
  if (!written && written.error().kind == IoError::Kind::kNoSpace &&
      group_end < end_ + group_.size()) {
    // A file system that never writes in place: there may be room for the group alone.
    group_.resize(group_end - end_);
    written = file_->write_at(end_, group_);
  }
  if (!written) return fail_unless_full(written.error());
  if (auto done = sync_group(*file_); !done) return fail(done.error());
  written_to_ = std::max(written_to_, end_ + group_.size());
  end_ = group_end;
  synced_ = end_;
  written_ = state_.summary();
  if (group_.capacity() > kBufferBytesKept) group_ = std::string();
  return {};
}

IoResult<void> Wal::close() {
  if (auto done = sync(); !done) return done;
  mark();
  if (failure_) return std::unexpected(*failure_);
  if (auto done = file_->sync(); !done) return fail(done.error());
  return {};
}

bool Wal::fits(std::uint64_t group_bytes) const {
  return end_ + group_bytes + kTrailerBytes <= file_bytes_;
}

// The whole group for the place where the log ends now. After kNoSpace the same bytes come out
// again, perhaps with more behind them, so a part that did reach the file is overwritten by itself.
void Wal::encode_queued() {
  group_.clear();
  group_.reserve(payload_bytes(queued_) + queued_.size() * 2 * kRecordHeadBytes);
  RecordWriter writer(group_, seed_, end_, synced_);
  for (const auto& batch : queued_) {
    // The term first: no entry may be found without it.
    if (batch.hard_state) writer.hard_state(*batch.hard_state);
    if (batch.reset) writer.reset(*batch.reset);
    writer.entries(batch.first, batch.entries);
  }
}

// Goes on in a new segment with room for the group. An error leaves the current one in use, and a
// second attempt replaces a new one that was half made.
IoResult<void> Wal::roll(std::uint64_t group_bytes) {
  // The new header says where this segment ends, so that must be durable first.
  if (auto done = file_->sync(); !done) return fail(done.error());
  synced_ = end_;

  const auto wanted = std::max(options_.segment_bytes, kHeaderBytes + group_bytes + kTrailerBytes);
  const SegmentHeader header{
      .identity = {options_.cluster, options_.node},
      .sequence = sequence_ + 1,
      .file_bytes = (wanted + kSegmentAlignment - 1) / kSegmentAlignment * kSegmentAlignment,
      .previous_end = end_,
      .start = written_};
  auto next = create_durably(*disk_, dir_ + "/" + segment_name(header.sequence), encode(header),
                             header.file_bytes);
  if (!next) return fail_unless_full(next.error());

  // From now on a missing newest segment is noticed. Durable before anything in it is
  // acknowledged.
  std::string seal;
  RecordWriter(seal, seed_, end_, synced_).seal();
  if (auto done = file_->write_at(end_, seal); !done) return fail_unless_full(done.error());
  if (auto done = file_->sync(); !done) return fail(done.error());

  file_ = std::move(*next);
  segments_.push_back({header.sequence, written_.next});
  sequence_ = header.sequence;
  file_bytes_ = header.file_bytes;
  seed_ = segment_seed(header.identity, header.sequence);
  end_ = synced_ = written_to_ = kHeaderBytes;
  return {};
}

// It goes to the disk with the next group, by itself within the system's write-back time, or by
// close().
void Wal::mark() {
  const bool is_marked = end_ != synced_ || end_ == kHeaderBytes;
  if (failure_ || is_marked || end_ + kTrailerBytes > file_bytes_) return;
  std::string mark;
  RecordWriter(mark, seed_, end_, synced_).mark();
  if (auto done = file_->write_at(end_, mark); done) {
    end_ += mark.size();
  } else if (done.error().kind != IoError::Kind::kNoSpace) {
    (void)fail(done.error());
  }
}

// Removes segments at the front that hold nothing needed: when the one behind them began, the log
// ended before `first_needed_`. One by one, from the oldest, each removal durable before the next:
// whenever power fails, what is left has no hole.
IoResult<void> Wal::drop_unneeded() {
  std::size_t unneeded = 0;
  for (std::size_t i = 1; i < segments_.size(); ++i) {
    if (segments_[i].next <= first_needed_) unneeded = i;
  }
  for (unneeded = std::min(unneeded, kDropsAtOnce); unneeded > 0; --unneeded) {
    const auto removed =
        disk_->remove_gently(dir_ + "/" + segment_name(segments_.front().sequence));
    if (!removed && removed.error().kind != IoError::Kind::kNotFound) return fail(removed.error());
    if (auto done = disk_->sync_dir(dir_); !done) return fail(done.error());
    segments_.pop_front();
  }
  return {};
}

std::unexpected<IoError> Wal::fail(const IoError& error) {
  failure_ = error;
  return std::unexpected(error);
}

std::unexpected<IoError> Wal::fail_unless_full(const IoError& error) {
  if (error.kind == IoError::Kind::kNoSpace) return std::unexpected(error);
  return fail(error);
}

}  // namespace holdfast::storage
