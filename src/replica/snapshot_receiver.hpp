#pragma once

#include <optional>

#include "raft/core.hpp"
#include "replica/output.hpp"
#include "replica/snapshot_jobs.hpp"
#include "replica/types.hpp"

namespace holdfast::replica {

// A follower's side of a snapshot's transfer. What it has stays when the connection breaks, or the
// term changes, and is gone on with if the same file is offered again.
class SnapshotReceiver {
 public:
  // From the leader of this term.
  void on(NodeId from, const wire::SnapshotChunk& chunk, Output& output);
  void on(const raft::Core& core, const result::Received& received, Output& output);
  // The transfer has ended, well or not.
  void end() { incoming_.reset(); }

  bool is_receiving() const { return incoming_.has_value(); }
  std::uint64_t received() const { return incoming_ ? incoming_->there : 0; }
  std::uint64_t total() const { return incoming_ ? incoming_->id.bytes : 0; }

 private:
  struct Incoming {
    storage::SnapshotId id;
    NodeId from;
    std::uint64_t there = 0;  // on disk
    std::uint64_t next = 0;   // given to the disk
    bool is_open = false;     // what is there is known
    bool is_complete = false;
  };

  std::optional<Incoming> incoming_;
};

}  // namespace holdfast::replica
