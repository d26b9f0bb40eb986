#pragma once

#include <expected>
#include <string>
#include <vector>

#include "replica/replica.hpp"
#include "replica/snapshot_worker.hpp"
#include "storage/wal.hpp"

namespace holdfast::replica {

// What a node finds in its data folder when it starts.
struct Stored {
  storage::Wal wal;
  raft::Restored restored;
  SnapshotWorker snapshots;
  Kept kept;
  std::vector<std::string> notes;  // what was repaired: lines for the log
};

// Why it can't start on it, in words that say what to do.
struct StoredError {
  std::string message;
  bool is_damaged = false;  // what was durable is not there any more, or not whole
};

// Opens log and snapshots of a folder that DataFolder::open has opened, and builds the state of the
// newest snapshot, which takes its time. The disk outlives what it returns.
[[nodiscard]] std::expected<Stored, StoredError> open_stored(storage::Disk& disk,
                                                             const std::string& dir,
                                                             const storage::WalOptions& options,
                                                             const kv::Limits& limits);

}  // namespace holdfast::replica
