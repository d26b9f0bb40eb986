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
};

// Cores, disks that lose what they had not finished, a network and a clock; all from one seed.
// Raft's safety properties (figure 3 of the paper) are checked at every step; what breaks one is
// thrown.
class Storm {
 public:
  Storm(std::size_t nodes, std::uint64_t seed);

  void run_for(int ms, const Weather& weather);
  // Fair weather, all nodes up: a proposal must commit on all of them.
  bool recovers(int ms);

  std::size_t committed() const { return chosen_.size(); }
  std::size_t reads_granted() const { return reads_granted_; }
  std::size_t leaders() const { return leader_of_.size(); }

 private:
  struct Node {
    std::unique_ptr<Core> core;
    Restored disk;
    std::deque<std::pair<Instant, Persist>> writing;
    Index handed_out;
  };

  void step(const Weather& weather);
  void misbehave(const Weather& weather);
  void settle(NodeId id, const Weather& weather);
  void finish_writes(Node& node);
  void send(const Envelope& envelope, const Weather& weather);
  void crash(NodeId id);
  void start(NodeId id);
  bool chance(double probability);
  Node& any_node();

  // Figure 3 of the paper, and what the core promises besides.
  void check(NodeId id, const Effects& effects);
  void check_promises(NodeId id, const Envelope& envelope);
  void check_read(const ReadGranted& read);
  void check_log_matching();
  void check_leader_completeness(const Core& leader);

  Prng prng_;
  std::vector<NodeId> voters_;
  Instant now_{std::chrono::seconds(1)};
  std::map<NodeId, Node> nodes_;
  std::multimap<Instant, Envelope> network_;
  std::vector<Envelope> past_;  // some real messages, for nonsense
  std::set<std::pair<NodeId, NodeId>> cut_;

  std::map<Term, NodeId> leader_of_;
  std::map<std::pair<NodeId, Term>, NodeId> vote_of_;
  std::vector<Entry> chosen_;                        // committed, by index
  std::map<std::uint64_t, std::size_t> read_floor_;  // committed when the read was asked
  std::uint64_t next_value_ = 0;
  std::size_t reads_granted_ = 0;
};

}  // namespace holdfast::raft
