#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "raft/core.hpp"

namespace holdfast::raft {

// What may go wrong, as probabilities of each message or millisecond.
struct Weather {
  double loss = 0;
  double duplication = 0;
  int delay_ms_max = 5;
  int disk_ms_max = 5;
  double crash = 0;      // of a node
  double partition = 0;  // a random cut, healed by chance
  double transfer = 0;
  double nonsense = 0;  // a message that nobody sent, of old parts of real ones
  double snapshot = 0;  // a node makes one
  double change = 0;    // of the membership
};

// Cores, disks that lose what they had not finished, a network and a clock; all from one seed.
// Raft's safety properties (figure 3 of the paper) are checked at every step; what breaks one is
// thrown.
class Storm {
 public:
  // The first `voters` of the nodes begin as members; without the number all do.
  Storm(std::size_t nodes, std::uint64_t seed, std::size_t voters = SIZE_MAX);

  void run_for(int ms, const Weather& weather);
  // Fair weather, all nodes up: a proposal must commit on all that are members.
  bool recovers(int ms);

  std::size_t committed() const { return chosen_.size(); }
  std::size_t reads_granted() const { return reads_granted_; }
  std::size_t leaders() const { return leader_of_.size(); }
  std::size_t changes() const { return memberships_.size() - 1; }
  std::size_t installs() const { return installs_; }

 private:
  // Of a file that is being written, or verified and loaded.
  struct File {
    Instant due;
    SnapshotMeta meta;
  };
  struct Node {
    std::unique_ptr<Core> core;
    Restored disk;
    std::deque<std::pair<Instant, Persist>> writing;
    std::optional<File> making;
    std::optional<File> loading;
    Index handed_out;
  };
  struct Transfer {  // of a snapshot, as one message
    NodeId from;
    NodeId to;
    Term term;
    SnapshotMeta meta;
  };

  void step(const Weather& weather);
  void act(NodeId id, const Weather& weather);
  void misbehave(const Weather& weather);
  void deliver_snapshots();
  void settle(NodeId id, const Weather& weather);
  void finish_writes(Node& node);
  void send(const Envelope& envelope, const Weather& weather);
  void make_snapshot(Node& node, const Weather& weather);
  void send_snapshots(NodeId id, const Weather& weather);
  void finish_files(Node& node);
  void change_membership(Core& leader);
  void crash(NodeId id, const Weather& weather);
  void start(NodeId id);
  bool chance(double probability);
  Duration time_up_to(int ms_max);
  NodeId any_id() { return ids_[prng_.below(ids_.size())]; }
  bool is_first_voter(NodeId id) const { return id.value() <= voters_; }

  // storm_checks.cpp: figure 3 of the paper, and what the core promises besides.
  void check(NodeId id, const Effects& effects);
  void check_committed(Node& node, const Committed& next);
  void check_elected(NodeId id);
  void check_commit_quorum(Index index);
  void check_membership(NodeId id);
  void check_promises(NodeId id, const Envelope& envelope);
  void check_read(const ReadGranted& read);
  void check_log_matching();
  void check_leader_completeness(const Core& leader);
  const Membership& chosen_membership(Index index) const;

  Prng prng_;
  std::size_t voters_;
  std::size_t log_tail_bytes_;
  std::vector<NodeId> ids_;
  Instant now_{std::chrono::seconds(1)};
  std::map<NodeId, Node> nodes_;
  std::multimap<Instant, Envelope> network_;
  std::multimap<Instant, Transfer> transfers_;
  std::vector<Envelope> past_;  // some real messages, for nonsense
  std::set<std::pair<NodeId, NodeId>> cut_;

  std::map<Term, NodeId> leader_of_;
  std::map<std::pair<NodeId, Term>, NodeId> vote_of_;
  std::vector<Entry> chosen_;                        // committed, by index
  std::vector<Term> chosen_in_;                      // … and in which term, at the latest
  std::map<Index, Membership> memberships_;          // committed, and the first
  std::map<std::uint64_t, std::size_t> read_floor_;  // committed when the read was asked
  std::uint64_t next_value_ = 0;
  std::size_t reads_granted_ = 0;
  std::size_t installs_ = 0;
};

}  // namespace holdfast::raft
