#include "storage/snapshot_store.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace holdfast::storage {
namespace {

using Kind = SnapshotError::Kind;

constexpr std::size_t kKept = 2;
constexpr std::string_view kSuffix = ".snap";
constexpr std::string_view kMaking = "/making.tmp";
constexpr std::string_view kReceiving = "/receiving.tmp";

std::string hex(std::uint64_t value) {
  std::string digits(16, '0');
  for (std::size_t i = digits.size(); value != 0; value >>= 4) {
    digits[--i] = "0123456789abcdef"[value & 0xf];
  }
  return digits;
}

bool is_same(const SnapshotId& a, const SnapshotId& b) {
  return a.last == b.last && a.number == b.number;
}

}  // namespace

std::string snapshot_dir(const std::string& dir) {
  return dir + "/snapshot";
}

std::string snapshot_name(raft::Position last, std::uint64_t number) {
  return hex(last.index.value()) + "-" + hex(last.term.value()) + "-" + hex(number) +
         std::string(kSuffix);
}

std::expected<SnapshotStore, SnapshotError> SnapshotStore::open(Disk& disk, const std::string& dir,
                                                                std::uint64_t cluster) {
  SnapshotStore store(disk, snapshot_dir(dir), cluster);
  if (auto done = store.load(); !done) return std::unexpected(done.error());
  return store;
}

std::expected<void, SnapshotError> SnapshotStore::load() {
  const auto names = disk_->list(dir_);
  if (!names) return std::unexpected(as_snapshot_error(names.error()));
  for (const auto& name : *names) {
    if (name.ends_with(kTemporarySuffix)) {
      const auto done = disk_->remove(dir_ + "/" + name);
      if (!done) return std::unexpected(as_snapshot_error(done.error()));
    } else if (name.ends_with(kSuffix)) {
      auto snapshot = look_at(name);
      if (!snapshot) return std::unexpected(snapshot.error());
      snapshots_.push_back(std::move(*snapshot));
    }
  }
  // The one who renamed a file may have been killed before its name was durable.
  if (auto done = disk_->sync_dir(dir_); !done) {
    return std::unexpected(as_snapshot_error(done.error()));
  }
  if (!snapshots_.empty()) prune(snapshots_.back().id);
  return {};
}

std::expected<Snapshot, SnapshotError> SnapshotStore::look_at(const std::string& name) const {
  Snapshot snapshot{.path = dir_ + "/" + name};
  auto file = disk_->open(snapshot.path, OpenMode::kRead);
  if (!file) return std::unexpected(as_snapshot_error(file.error()));
  auto decoded = read_snapshot_header(**file, snapshot.path, cluster_);
  if (!decoded) return std::unexpected(decoded.error());
  const auto size = (*file)->size();
  if (!size) return std::unexpected(as_snapshot_error(size.error()));
  SnapshotHeader& header = decoded->header;
  snapshot.id = {header.meta.last, header.number, *size};
  snapshot.meta = std::move(header.meta);
  const auto right_name = snapshot_name(snapshot.id.last, snapshot.id.number);
  if (name != right_name) {
    return std::unexpected(
        SnapshotError{Kind::kForeign, snapshot.path, 0, "the file holds snapshot " + right_name});
  }
  return snapshot;
}

std::optional<Snapshot> SnapshotStore::newest() const {
  return snapshots_.empty() ? std::nullopt : std::optional(snapshots_.back());
}

IoResult<void> SnapshotStore::begin(const raft::SnapshotMeta& meta, std::uint64_t number) {
  making_.reset();
  auto draft = SnapshotDraft::create(*disk_, dir_ + std::string(kMaking));
  if (!draft) return std::unexpected(draft.error());
  making_.emplace(SnapshotEncoder({cluster_, number, meta}), std::move(*draft),
                  Snapshot{.id = {meta.last, number}, .meta = meta});
  return write(making_->encoder.header());
}

IoResult<void> SnapshotStore::add(std::string_view piece) {
  CHECK(making_);
  return write(making_->encoder.block(piece));
}

IoResult<Snapshot> SnapshotStore::finish() {
  CHECK(making_);
  if (auto done = write(making_->encoder.footer()); !done) return std::unexpected(done.error());
  auto published = publish(making_->draft, std::move(making_->snapshot));
  making_.reset();
  return published;
}

IoResult<void> SnapshotStore::write(std::string_view bytes) {
  auto done = making_->draft.append(bytes);
  if (!done) making_.reset();
  return done;
}

IoResult<std::string> SnapshotStore::read(const SnapshotId& id, std::uint64_t offset,
                                          std::size_t size) const {
  const auto found = std::ranges::find(snapshots_, id, &Snapshot::id);
  if (found == snapshots_.end()) {
    return std::unexpected(IoError{IoError::Kind::kNotFound,
                                   dir_ + "/" + snapshot_name(id.last, id.number), "read",
                                   "a newer snapshot has replaced it"});
  }
  auto file = disk_->open(found->path, OpenMode::kRead);
  if (!file) return std::unexpected(file.error());
  auto bytes = (*file)->read(offset, size);
  const std::uint64_t there = id.bytes - std::min(id.bytes, offset);
  if (bytes && bytes->size() < std::min<std::uint64_t>(size, there)) {
    return std::unexpected(IoError{IoError::Kind::kIo, found->path, "read", "the file was cut"});
  }
  return bytes;
}

IoResult<std::uint64_t> SnapshotStore::begin_receive(const SnapshotId& id) {
  if (receiving_ && receiving_->id == id) return receiving_->draft.size();
  receiving_.reset();
  auto draft = SnapshotDraft::create(*disk_, dir_ + std::string(kReceiving));
  if (!draft) return std::unexpected(draft.error());
  receiving_.emplace(id, std::move(*draft));
  return 0;
}

IoResult<std::uint64_t> SnapshotStore::receive(std::uint64_t offset, std::string_view bytes) {
  if (!receiving_) return 0;
  SnapshotDraft& draft = receiving_->draft;
  const auto there = draft.size();
  if (offset > there || bytes.size() <= there - offset) return there;
  bytes.remove_prefix(static_cast<std::size_t>(there - offset));
  bytes = bytes.substr(0, static_cast<std::size_t>(receiving_->id.bytes - there));
  if (auto done = draft.append(bytes); !done) {
    receiving_.reset();
    return std::unexpected(done.error());
  }
  return draft.size();
}

std::expected<Snapshot, SnapshotError> SnapshotStore::finish_receive(const PieceVisitor& visit,
                                                                     const StateCheck& is_state) {
  CHECK(receiving_);
  auto receiving = std::move(*receiving_);
  receiving_.reset();
  auto meta = verify(receiving, visit);
  if (!meta) return std::unexpected(meta.error());
  // Under its name it would be what the next start begins with.
  if (!is_state(*meta)) return std::unexpected(incomplete_state(receiving.draft.path()));
  auto published = publish(receiving.draft, {.id = receiving.id, .meta = std::move(*meta)});
  if (!published) return std::unexpected(as_snapshot_error(published.error()));
  return std::move(*published);
}

// That it is whole, and the one that was announced.
std::expected<raft::SnapshotMeta, SnapshotError> SnapshotStore::verify(
    Receiving& receiving, const PieceVisitor& visit) const {
  SnapshotDraft& draft = receiving.draft;
  const auto decoded = read_snapshot_header(draft.file(), draft.path(), cluster_);
  if (!decoded) return std::unexpected(decoded.error());
  const SnapshotHeader& header = decoded->header;
  if (SnapshotId{header.meta.last, header.number, draft.size()} != receiving.id) {
    return std::unexpected(SnapshotError{Kind::kForeign, draft.path(), 0,
                                         "it is not the snapshot that was announced"});
  }
  return read_snapshot(*disk_, draft.path(), cluster_, visit);
}

IoResult<Snapshot> SnapshotStore::publish(SnapshotDraft& draft, Snapshot snapshot) {
  // Received again: an error must not cost the one that is there.
  const auto same = [&](const Snapshot& other) { return is_same(other.id, snapshot.id); };
  const auto known = std::ranges::find_if(snapshots_, same);
  if (known != snapshots_.end()) return *known;

  snapshot.id.bytes = draft.size();
  snapshot.path = dir_ + "/" + snapshot_name(snapshot.id.last, snapshot.id.number);
  if (auto done = draft.publish(snapshot.path); !done) return std::unexpected(done.error());
  keep(snapshot);
  prune(snapshot.id);
  return snapshot;
}

void SnapshotStore::keep(Snapshot snapshot) {
  const auto after = [](const Snapshot& a, const Snapshot& b) { return a.path < b.path; };
  snapshots_.insert(std::ranges::upper_bound(snapshots_, snapshot, after), std::move(snapshot));
}

// Removes the oldest ones. A removal that fails or that a power loss undoes is made up for later.
void SnapshotStore::prune(const SnapshotId& spared) {
  auto excess = snapshots_.size() - std::min(snapshots_.size(), kKept);
  const SnapshotId newest = snapshots_.back().id;
  for (auto it = snapshots_.begin(); excess > 0 && it != snapshots_.end();) {
    if (it->id == spared || it->id == newest || is_pinned(it->id)) {
      ++it;
      continue;
    }
    --excess;
    it = remove(it);
  }
}

std::vector<Snapshot>::iterator SnapshotStore::remove(std::vector<Snapshot>::iterator at) {
  const auto removed = disk_->remove_gently(at->path);
  const bool gone = removed || removed.error().kind == IoError::Kind::kNotFound;
  return gone ? snapshots_.erase(at) : std::next(at);
}

void SnapshotStore::drop(const SnapshotId& id) {
  const auto found = std::ranges::find(snapshots_, id, &Snapshot::id);
  if (found != snapshots_.end() && snapshots_.size() > 1) remove(found);
}

void SnapshotStore::pin(std::vector<SnapshotId> ids) {
  pinned_ = std::move(ids);
  if (!snapshots_.empty()) prune(snapshots_.back().id);
}

bool SnapshotStore::is_pinned(const SnapshotId& id) const {
  return std::ranges::find(pinned_, id) != pinned_.end();
}

}  // namespace holdfast::storage
