#include "storage/restore.hpp"

#include <utility>

#include "base/check.hpp"
#include "storage/wal.hpp"

namespace holdfast::storage {
namespace {

using Kind = FolderError::Kind;

std::unexpected<FolderError> failed(const SnapshotError& error) {
  const bool is_io =
      error.kind == SnapshotError::Kind::kIo || error.kind == SnapshotError::Kind::kMissing;
  return std::unexpected(FolderError{is_io ? Kind::kIo : Kind::kDamaged, error.description()});
}

std::expected<SnapshotHeader, SnapshotError> header_of(Disk& disk, const std::string& path) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file) return std::unexpected(as_snapshot_error(file.error()));
  auto decoded = read_snapshot_header(**file, path);
  if (!decoded) return std::unexpected(decoded.error());
  return std::move(decoded->header);
}

// The file gets its name when all of the copy was read and is whole.
std::expected<Snapshot, FolderError> copy_pieces(Disk& disk, const std::string& path,
                                                 const std::string& dir,
                                                 const raft::SnapshotMeta& meta,
                                                 std::uint64_t number, std::uint64_t cluster) {
  auto store = SnapshotStore::open(disk, dir, cluster);
  if (!store) return failed(store.error());
  auto written = store->begin(meta, number);
  if (!written) return std::unexpected(as_folder_error(dir, written.error()));
  const auto read = read_snapshot_copy(disk, path, [&](std::string_view piece) {
    written = store->add(piece);
    return written.has_value();
  });
  if (!written) return std::unexpected(as_folder_error(dir, written.error()));
  if (!read) return failed(read.error());
  auto snapshot = store->finish();
  if (!snapshot) return std::unexpected(as_folder_error(dir, snapshot.error()));
  return std::move(*snapshot);
}

// The log goes on behind the snapshot, in the term of its last entry: no vote was ever given in it
// among the new cluster's nodes.
std::expected<void, FolderError> reset_log(Disk& disk, const std::string& dir,
                                           const Identity& identity, raft::Position last) {
  auto opened = Wal::open(disk, dir, {.cluster = identity.cluster, .node = identity.node});
  if (!opened) return std::unexpected(FolderError{Kind::kIo, opened.error().message()});
  raft::Persist batch;
  batch.hard_state = raft::HardState{.term = last.term, .voted_for = NodeId()};
  batch.reset = last;
  batch.first = last.index.next();
  auto done = opened->wal.append(std::move(batch));
  if (done) done = opened->wal.close();
  if (!done) return std::unexpected(as_folder_error(dir, done.error()));
  return {};
}

}  // namespace

std::expected<Snapshot, FolderError> restore_copy(Disk& disk, const std::string& path,
                                                  const std::string& dir,
                                                  const IdentityFile& identity) {
  CHECK(!identity.initial.members.empty());
  const auto header = header_of(disk, path);
  if (!header) return failed(header.error());
  const raft::SnapshotMeta meta{header->meta.last, identity.initial};
  Snapshot snapshot;
  const auto fill = [&]() -> std::expected<void, FolderError> {
    auto made = copy_pieces(disk, path, dir, meta, header->number, identity.identity.cluster);
    if (!made) return std::unexpected(made.error());
    snapshot = std::move(*made);
    return reset_log(disk, dir, identity.identity, meta.last);
  };
  if (auto folder = DataFolder::create_filled(disk, dir, identity, fill); !folder) {
    return std::unexpected(folder.error());
  }
  return snapshot;
}

}  // namespace holdfast::storage
