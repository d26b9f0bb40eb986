#pragma once

#include <expected>
#include <optional>
#include <string>

#include "kv/limits.hpp"
#include "replica/snapshot_jobs.hpp"

namespace holdfast::replica {

// Does a replica's snapshot jobs, one after another. The server gives it a thread of its own, the
// simulator virtual time. The disk outlives it, and the data folder's lock must be held.
class SnapshotWorker {
 public:
  SnapshotWorker(storage::Disk& disk, storage::SnapshotStore store, std::uint64_t cluster,
                 kv::Limits limits)
      : disk_(&disk), store_(std::move(store)), cluster_(cluster), limits_(limits) {}

  // Most jobs have one result; an error is told once, by the first job that meets it.
  std::optional<SnapshotResult> run(SnapshotJob job);

  // The newest snapshot's state: what a node starts from. Nothing: there is no snapshot.
  std::expected<std::optional<result::Loaded>, storage::SnapshotError> load_newest();

 private:
  using Outcome = std::optional<SnapshotResult>;
  Outcome on(const job::Begin& begin);
  Outcome on(const job::Add& add);
  Outcome on(const job::Finish&);
  Outcome on(const job::Abandon&);
  Outcome on(const job::Read& read);
  Outcome on(const job::Pin& pin);
  Outcome on(const job::Drop& drop);
  Outcome on(const job::BeginReceive& begin);
  Outcome on(const job::Receive& receive);
  Outcome on(const job::FinishReceive&);
  Outcome on(const job::Fetch& fetch);
  Outcome on(const job::Free&) { return std::nullopt; }

  Outcome give_up_making(const storage::IoError& error);
  Outcome give_up_receiving(const std::string& reason);

  storage::Disk* disk_;
  storage::SnapshotStore store_;
  std::uint64_t cluster_;
  kv::Limits limits_;
  std::uint64_t making_ = 0;  // the number of job::Begin
  storage::SnapshotId receiving_;
};

}  // namespace holdfast::replica
