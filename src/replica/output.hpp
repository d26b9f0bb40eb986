#pragma once

#include <optional>
#include <string>
#include <vector>

#include "raft/effects.hpp"
#include "replica/snapshot_jobs.hpp"
#include "replica/types.hpp"
#include "wire/messages.hpp"

namespace holdfast::replica {

struct Outgoing {
  NodeId to;
  wire::PeerMessage message;
};

// What a host must do after a turn.
struct Output {
  std::vector<raft::Persist> persist;
  std::vector<Outgoing> messages;
  std::vector<Completion> completions;
  // For the SnapshotWorker, in this order; its results go to Replica::snapshot_done.
  std::vector<SnapshotJob> snapshot_jobs;
  // It is in force from now on; also told in the first turn. The host connects to its members.
  std::optional<raft::Membership> membership;
  std::vector<std::string> trace;
  std::vector<std::string> warnings;  // what an operator should see
  // This node is no member any more: the host stops it as it would when told to.
  bool removed = false;
  // Evidence that safety is broken: the host must stop the node and say this to its operator.
  std::optional<std::string> fault;
};

}  // namespace holdfast::replica
