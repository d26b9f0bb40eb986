#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/process.hpp"

namespace holdfast::sim {

// What must hold at every step of a run, whatever the faults. Asked after each turn of a node and
// each completed disk write; each check costs what changed, not the size of the cluster's logs.
// The first violation is thrown.
//
//   1. Election safety: one leader in a term (Raft figure 3).
//   2. A leader's log only grows.
//   3. Log matching: an index and a term name one entry and one predecessor, on every node.
//   4. Leader completeness: a new leader has every entry that was ever committed.
//   5. State-machine safety: one entry is committed at an index, whoever commits it.
//   6. Term and commit index never fall while a process lives; the term not over a restart either,
//      nor is a vote given twice in a term.
//   7. What is committed, acknowledged or promised by a vote is on the disks that it needs.
//   8. States with the same applied index have the same digest.
//   9. Memory for waiting requests is bounded.
//  10. A snapshot stands for what was committed.
//
// Majorities are counted here anew, not by the core's own code.
class Monitor {
 public:
  struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  // How much a node may hold for waiting requests.
  void set_pending_bytes_max(std::size_t bytes) { pending_bytes_max_ = bytes; }
  // It starts anew, on an empty disk: whatever it promised, it has forgotten.
  void disk_replaced(NodeId id);

  void booted(const Process& process, const raft::Restored& restored);
  void turn_ended(Process& process, const replica::Output& output);
  void made_durable(const Process& process, const std::vector<raft::Persist>& batches);

  Index committed() const { return Index(chosen_.size()); }
  std::size_t terms_with_leader() const { return leader_of_.size(); }

 private:
  struct Chosen {
    Term term;
    std::uint64_t checksum = 0;
    bool operator==(const Chosen&) const = default;
  };
  struct Node {
    raft::HardState durable;
    Index durable_base;               // what is before the log on its disk is in a snapshot
    std::vector<Term> durable_terms;  // of the entries behind it
    Term term;
    Index commit, applied;
    Term leads;        // the term that it led when last seen; zero: none
    Index leader_end;  // and its log's end then
  };

  void check_log(const raft::Persist& batch, const raft::Log& log);
  void check_leader(const raft::Core& core, Node& node);
  void check_commits(const raft::Core& core, Node& node);
  void check_snapshot(const raft::Core& core) const;
  void check_durable(const raft::Core& core, Index index, Term term) const;
  static bool has_durably(const Node& node, Index index, Term term);
  bool had_durably(NodeId id, Index index, Term term) const;
  bool is_on_disks_of(const raft::Membership& membership, Index index, Term term) const;
  void check_promises(NodeId id, const Node& node, const replica::Outgoing& outgoing);
  void check_state(Process& process, Node& node);
  static void apply(Node& node, const raft::Persist& batch);

  std::size_t pending_bytes_max_ = SIZE_MAX;
  std::map<NodeId, Node> nodes_;
  std::map<NodeId, std::vector<Node>> replaced_;  // as they were then
  std::map<Term, NodeId> leader_of_;
  std::map<std::pair<NodeId, Term>, NodeId> vote_of_;
  std::vector<Chosen> chosen_;  // by index
  struct Known {
    std::uint64_t checksum = 0;
    Term before;
  };
  std::map<std::pair<Index, Term>, Known> entries_;
  std::map<Index, std::uint64_t> digests_;
};

}  // namespace holdfast::sim
