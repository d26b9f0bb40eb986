#include "replica/stored.hpp"

#include <utility>

#include "storage/recovery.hpp"

namespace holdfast::replica {

namespace {

std::unexpected<StoredError> refuse(const storage::RecoveryError& error) {
  using Kind = storage::RecoveryError::Kind;
  const bool is_damaged = error.kind != Kind::kIo && error.kind != Kind::kForeign;
  return std::unexpected(StoredError{error.message(), is_damaged});
}

std::unexpected<StoredError> refuse(const storage::SnapshotError& error) {
  using Kind = storage::SnapshotError::Kind;
  const bool is_damaged = error.kind != Kind::kIo && error.kind != Kind::kForeign;
  return std::unexpected(StoredError{error.message(), is_damaged});
}

}  // namespace

std::expected<Stored, StoredError> open_stored(storage::Disk& disk, const std::string& dir,
                                               const storage::WalOptions& options,
                                               const kv::Limits& limits) {
  auto opened = storage::Wal::open(disk, dir, options);
  if (!opened) return refuse(opened.error());
  auto store = storage::SnapshotStore::open(disk, dir, options.cluster);
  if (!store) return refuse(store.error());
  SnapshotWorker worker(disk, std::move(*store), options.cluster, limits);
  auto newest = worker.load_newest();
  if (!newest) return refuse(newest.error());
  Kept kept;
  if (*newest) {
    opened->restored.snapshot = std::move((*newest)->meta);
    kept = {.state = std::move((*newest)->state), .snapshot = (*newest)->id};
  }
  const raft::Position last = opened->restored.snapshot.last;
  if (const auto whole = storage::check_continues(dir, last, opened->restored); !whole) {
    return refuse(whole.error());
  }
  return Stored{std::move(opened->wal), std::move(opened->restored), std::move(worker),
                std::move(kept), std::move(opened->notes)};
}

}  // namespace holdfast::replica
