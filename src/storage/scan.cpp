#include "storage/scan.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/overload.hpp"
#include "base/planted.hpp"

namespace holdfast::storage {
namespace {

using Kind = RecoveryError::Kind;
using Outcome = std::expected<void, RecoveryError>;

std::unexpected<RecoveryError> refuse(Kind kind, std::string path, std::uint64_t offset,
                                      std::string reason) {
  return std::unexpected(RecoveryError{kind, std::move(path), offset, std::move(reason)});
}

std::unexpected<RecoveryError> io_failed(const IoError& error) {
  return refuse(Kind::kIo, error.path, 0, error.message());
}

std::string describe(const Identity& identity) {
  return "cluster " + std::to_string(identity.cluster) + ", node " +
         std::to_string(identity.node.value());
}

// One past the last byte that is not zero. A segment's rest is mostly zeros, and looking at each of
// them would be a good part of a start.
std::uint64_t used_end(std::string_view bytes) {
  static constexpr std::array<char, 4096> kZeros{};
  std::size_t end = bytes.size();
  while (end >= kZeros.size() &&
         std::memcmp(bytes.data() + end - kZeros.size(), kZeros.data(), kZeros.size()) == 0) {
    end -= kZeros.size();
  }
  const auto last = bytes.substr(0, end).find_last_not_of('\0');
  return last == std::string_view::npos ? 0 : last + 1;
}

// One reading of a log, segment by segment.
class Scanner {
 public:
  Scanner(Disk& disk, std::string dir, LogVisitor& visitor, std::optional<Identity> identity)
      : disk_(disk), dir_(std::move(dir)), visitor_(visitor), identity_(identity) {}

  std::expected<LogEnd, RecoveryError> run();

 private:
  Outcome list_segments();
  Outcome set_aside_empty_last();
  Outcome scan_segment(std::size_t i);
  Outcome check_header(const SegmentHeader& header, std::uint64_t sequence,
                       std::uint64_t file_bytes);
  Outcome walk_sealed(std::string_view bytes, std::uint64_t end, bool next_is_last);
  Outcome walk_last(std::string_view bytes);
  Outcome follow_seal(const RecordView& seal);
  Outcome judge_tail(std::string_view bytes);
  Outcome accept(const RecordView& record);
  std::expected<std::string, RecoveryError> load(const std::string& path, bool header_only);

  std::string path_of(std::uint64_t sequence) const { return dir_ + "/" + segment_name(sequence); }
  std::uint64_t seed() const { return segment_seed(end_.header.identity, end_.header.sequence); }

  Disk& disk_;
  const std::string dir_;
  LogVisitor& visitor_;
  std::optional<Identity> identity_;
  std::vector<std::uint64_t> sequences_;
  bool unsealed_ = false;  // the segment before the last has no whole seal
  LogEnd end_;             // so far; path and header are the current segment's
};

std::expected<LogEnd, RecoveryError> Scanner::run() {
  if (auto done = list_segments(); !done) return std::unexpected(done.error());
  if (auto done = set_aside_empty_last(); !done) return std::unexpected(done.error());
  for (std::size_t i = 0; i < sequences_.size(); ++i) {
    if (auto done = scan_segment(i); !done) return std::unexpected(done.error());
  }
  return std::move(end_);
}

Outcome Scanner::list_segments() {
  auto names = disk_.list(dir_);
  if (!names) {
    if (names.error().kind != IoError::Kind::kNotFound) return io_failed(names.error());
    return refuse(Kind::kMissingLog, dir_, 0, "there is no log here");
  }
  for (const auto& name : *names) {
    if (const auto sequence = parse_segment_name(name)) sequences_.push_back(*sequence);
  }
  if (sequences_.empty()) {
    return refuse(Kind::kMissingSegment, dir_, 0, "all segments of the log are missing");
  }
  return {};
}

// A segment gets its name when its header is durable, so only a file system that breaks its
// promises leaves an empty one. It never held an acknowledged record if the segment before it has
// no seal; walk_last looks for that.
Outcome Scanner::set_aside_empty_last() {
  if (sequences_.size() < 2) return {};
  const std::string path = path_of(sequences_.back());
  const auto header = load(path, true);
  if (!header) return std::unexpected(header.error());
  if (used_end(*header) != 0) return {};
  const auto bytes = load(path, false);
  if (!bytes) return std::unexpected(bytes.error());
  if (used_end(*bytes) != 0) return {};
  end_.empty_path = path;
  sequences_.pop_back();
  return {};
}

Outcome Scanner::scan_segment(std::size_t i) {
  const auto sequence = sequences_[i];
  const bool last = i + 1 == sequences_.size();
  if (i > 0) end_.previous_path = end_.path;
  end_.path = path_of(sequence);
  const auto bytes = load(end_.path, false);
  if (!bytes) return std::unexpected(bytes.error());
  auto header = decode_header(*bytes);
  if (!header) return refuse(Kind::kDamaged, end_.path, 0, header.error());
  if (auto done = check_header(*header, sequence, bytes->size()); !done) return done;
  end_.header = *header;
  visitor_.segment(end_.path, *header);
  const auto segment = std::string_view(*bytes).substr(0, header->file_bytes);
  if (last) return walk_last(segment);

  const std::string next_path = path_of(sequence + 1);
  if (sequences_[i + 1] != sequence + 1) {
    return refuse(Kind::kMissingSegment, next_path, 0,
                  "a segment in the middle of the log is missing");
  }
  const auto next_bytes = load(next_path, true);
  if (!next_bytes) return std::unexpected(next_bytes.error());
  const auto next = decode_header(*next_bytes);
  if (!next) return refuse(Kind::kDamaged, next_path, 0, next.error());
  return walk_sealed(segment, next->previous_end, i + 2 == sequences_.size());
}

Outcome Scanner::check_header(const SegmentHeader& header, std::uint64_t sequence,
                              std::uint64_t file_bytes) {
  if (!identity_) identity_ = header.identity;
  if (header.identity != *identity_) {
    return refuse(Kind::kForeign, end_.path, 0,
                  "the segment belongs to " + storage::describe(header.identity) + ", not to " +
                      storage::describe(*identity_));
  }
  if (header.sequence != sequence) {
    return refuse(Kind::kForeign, end_.path, 0,
                  "the file holds segment " + segment_name(header.sequence));
  }
  if (file_bytes < header.file_bytes) {
    // A running server may have dropped it meanwhile, and its room shrinks.
    if (auto there = disk_.open(end_.path, OpenMode::kRead); !there)
      return io_failed(there.error());
    return refuse(Kind::kDamaged, end_.path, file_bytes,
                  "the file was made with " + std::to_string(header.file_bytes) +
                      " bytes and ends here; no crash shortens it");
  }
  // Those before the first one were dropped.
  if (end_.segments.empty() && sequence != kFirstSequence) end_.state = LogState(header.start);
  if (header.start != end_.state.summary()) {
    return refuse(Kind::kInvalid, end_.path, 0,
                  "the segment's header does not continue the segment before it");
  }
  end_.previous_end = header.previous_end;
  end_.segments.push_back({sequence, header.start.next});
  return {};
}

// The next segment's header says where the records of this one end, and was written when they
// were durable. So each must be whole; what stands behind the seal was never part of the log.
Outcome Scanner::walk_sealed(std::string_view bytes, std::uint64_t end, bool next_is_last) {
  std::uint64_t at = kHeaderBytes;
  while (at < end) {
    const auto record = read_record(bytes, at, seed());
    if (!record || record->end > end || RecordType(record->type) == RecordType::kSeal) {
      return refuse(Kind::kDamaged, end_.path, at, "a record that was durable is damaged");
    }
    if (auto done = accept(*record); !done) return done;
    at = record->end;
  }
  const auto seal = read_record(bytes, at, seed());
  unsealed_ = !seal || at != end || RecordType(seal->type) != RecordType::kSeal;
  if (unsealed_ && !next_is_last) {
    return refuse(Kind::kDamaged, end_.path, at, "the segment's seal is damaged");
  }
  if (!unsealed_) visitor_.record({seal->offset, seal->end, seal->synced_through, SealRecord{}});
  return {};
}

Outcome Scanner::walk_last(std::string_view bytes) {
  std::uint64_t& at = end_.offset;
  for (;;) {
    const auto record = read_record(bytes, at, seed());
    if (!record) break;
    if (RecordType(record->type) == RecordType::kSeal) return follow_seal(*record);
    if (auto done = accept(*record); !done) return done;
    end_.proven = std::max(end_.proven, record->synced_through);
    end_.has_records = true;
    end_.marked = RecordType(record->type) == RecordType::kMark;
    at = record->end;
  }
  if (unsealed_ && end_.has_records) {
    return refuse(Kind::kDamaged, end_.previous_path, end_.previous_end,
                  "the segment's seal is damaged");
  }
  return judge_tail(bytes);
}

// The last segment that was listed is sealed, so there must be another one.
Outcome Scanner::follow_seal(const RecordView& seal) {
  const auto next = end_.header.sequence + 1;
  if (end_.empty_path) {
    return refuse(Kind::kMissingSegment, *end_.empty_path, 0, "a segment that was in use is empty");
  }
  if (!disk_.open(path_of(next), OpenMode::kRead)) {
    return refuse(Kind::kMissingSegment, path_of(next), 0,
                  "the last segment of the log is missing");
  }
  // A running server made it after we listed the folder.
  visitor_.record({seal.offset, seal.end, seal.synced_through, SealRecord{}});
  sequences_.push_back(next);
  end_.offset = end_.proven = kHeaderBytes;
  end_.has_records = end_.marked = false;
  return {};
}

// Nothing whole stands at the end. A group that was never acknowledged, torn by a crash, may be
// cut. A later record that was written when the end was already durable proves that something
// acknowledged was here.
Outcome Scanner::judge_tail(std::string_view bytes) {
  const auto used = used_end(bytes);
  if (used <= end_.offset) return {};
  const bool torn = proven_durable_after(bytes, end_.offset, seed()) <= end_.offset;
  if (torn || planted(Bug::kRotCutAsTorn)) {
    end_.torn_end = used;
    return {};
  }
  // A running server may have written while we read: what stands there now?
  const auto again = load(end_.path, false);
  if (again && read_record(*again, end_.offset, seed())) return walk_last(*again);
  return refuse(Kind::kDamaged, end_.path, end_.offset,
                "a record that was durable is damaged: later records prove it");
}

Outcome Scanner::accept(const RecordView& record) {
  auto content = decode(record);
  if (!content) {
    return refuse(Kind::kInvalid, end_.path, record.offset,
                  "the record is whole, but not one that this program writes");
  }
  using Applied = std::expected<void, std::string_view>;
  const auto applied = std::visit(
      Overload{[&](const raft::HardState& state) { return end_.state.apply(state); },
               [&](const EntriesRecord& r) { return end_.state.apply(r.first, r.entries); },
               [&](const ResetRecord& r) { return end_.state.reset(r.last); },
               [](const MarkRecord&) { return Applied(); },
               [](const SealRecord&) { return Applied(); }},
      *content);
  if (!applied) {
    return refuse(Kind::kInvalid, end_.path, record.offset,
                  "the record breaks a rule of the log: " + std::string(applied.error()));
  }
  visitor_.record({record.offset, record.end, record.synced_through, std::move(*content)});
  return {};
}

std::expected<std::string, RecoveryError> Scanner::load(const std::string& path, bool header_only) {
  auto file = disk_.open(path, OpenMode::kRead);
  if (!file) return io_failed(file.error());
  auto size = header_only ? IoResult<std::uint64_t>(kHeaderBytes) : (*file)->size();
  if (!size) return io_failed(size.error());
  auto bytes = (*file)->read(0, static_cast<std::size_t>(*size));
  if (!bytes) return io_failed(bytes.error());
  return std::move(*bytes);
}

}  // namespace

std::string LogEnd::describe() const {
  std::string text = path + " at offset " + std::to_string(offset) + ": ";
  if (torn_end == 0) return text + "end of the log";
  return text + "end of the log; the " + std::to_string(torn_end - offset) +
         " bytes behind it are a group that a crash tore before it was acknowledged";
}

std::string log_dir(const std::string& dir) {
  return dir + "/log";
}

std::expected<LogEnd, RecoveryError> read_log(Disk& disk, const std::string& dir,
                                              LogVisitor& visitor,
                                              std::optional<Identity> identity) {
  return Scanner(disk, log_dir(dir), visitor, identity).run();
}

}  // namespace holdfast::storage
