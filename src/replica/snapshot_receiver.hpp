#pragma once

#include <optional>
#include <string>

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
  void on(const raft::Core& core, const result::NotReceived& failed, Output& output);
  // It was received, and is in use.
  void end();

  bool is_receiving() const { return incoming_.has_value(); }
  std::uint64_t received() const { return incoming_ ? incoming_->there : 0; }
  std::uint64_t total() const { return incoming_ ? incoming_->id.bytes : 0; }
  const std::string& trouble() const { return trouble_; }

 private:
  struct Incoming {
    storage::SnapshotId id;
    NodeId from;
    std::uint64_t there = 0;  // on disk
    std::uint64_t next = 0;   // given to the disk
    bool is_open = false;     // what is there is known
    bool is_complete = false;
  };

  void acknowledge(const raft::Core& core, std::uint64_t received, Output& output);

  std::optional<Incoming> incoming_;
  std::string trouble_;  // why the last one could not be received; told to the operator once
};

}  // namespace holdfast::replica
