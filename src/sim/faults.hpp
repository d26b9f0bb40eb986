#pragma once

#include <set>

#include "sim/cluster.hpp"
#include "sim/plan.hpp"
#include "sim/tally.hpp"

namespace holdfast::sim {

// Does a plan's faults to a cluster, each at its time, and makes each good again. A damaged disk
// stays damaged; it is done to a minority only, since nobody can survive more.
class Faults {
 public:
  Faults(Cluster& cluster, const Plan& plan, std::uint64_t clients, Tally& tally);

  void schedule();
  // Everything that can be made good is: for the run's end.
  void make_good();
  // Nodes whose disk is damaged: they stay down.
  const std::set<NodeId>& ruined() const { return ruined_; }

 private:
  void begin(const Fault& fault);
  void end(const Fault& fault);
  void crash_loop(const Fault& fault, NodeId node, Instant until);
  void flap(NodeId a, NodeId b, Instant until, bool up);
  void partition(const Fault& fault, Dice& dice);
  void bridge(Dice& dice);
  void cut_clients(NodeId node);
  void rot(NodeId node, Dice& dice);
  void start(NodeId node);
  NodeId node_of(const Fault& fault) const;
  NodeId victim_of(const Fault& fault) const;
  std::pair<NodeId, NodeId> link_of(const Fault& fault) const;
  void say(const Fault& fault, NodeId node, bool begins);

  Cluster& cluster_;
  const Plan& plan_;
  std::uint64_t clients_;
  Tally& tally_;
  std::set<NodeId> ruined_;
  bool over_ = false;
};

}  // namespace holdfast::sim
