#pragma once

#include <map>
#include <string>
#include <vector>

#include "raft/effects.hpp"
#include "sim/raft_snapshot.hpp"

namespace holdfast::sim {

// The course's apply checker, which watches every run: each life of a server applies the indexes
// in order from the first on, or from behind a snapshot on, and no two servers apply different
// commands at one index; else a ScenarioFailure is thrown. Indexes count commands only.
class ApplyChecker {
 public:
  void restarted(NodeId node) { nodes_[node].last = Index(), nodes_[node].commands = 0; }
  void applied(NodeId node, const raft::Committed& committed);
  // A snapshot has taken the place of the state; it was announced as the one of this place.
  void installed(NodeId node, raft::Position announced, const RaftSnapshot& snapshot);

  // How many servers have applied this index, in whatever life.
  std::size_t servers_at(std::uint64_t index) const;
  // Null: nobody has.
  const std::string* command_at(std::uint64_t index) const;
  std::size_t commands() const { return commands_.size(); }
  // Snapshots that came from another server, so far.
  std::size_t received() const { return received_; }

 private:
  struct Node {
    Index last;                  // of the log, in this life
    std::uint64_t commands = 0;  // in this life
    std::uint64_t furthest = 0;  // in any
  };

  std::map<NodeId, Node> nodes_;
  std::vector<std::string> commands_;  // by index, from 1
  std::size_t received_ = 0;
};

}  // namespace holdfast::sim
