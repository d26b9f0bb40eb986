#pragma once

#include "sim/cluster.hpp"
#include "sim/member_faults.hpp"
#include "sim/plan.hpp"
#include "sim/tally.hpp"

namespace holdfast::sim {

// Does a plan's faults to a cluster, each at its time, and makes each good again. A node whose data
// is lost or damaged stays down, or is added anew with an empty disk; it is done to a minority
// only, since nobody can survive more.
class Faults {
 public:
  Faults(Cluster& cluster, const Plan& plan, std::uint64_t clients, Tally& tally);

  void schedule();
  // Everything that can be made good is: for the run's end.
  void make_good();
  // What operators began is done.
  bool is_repaired() const { return members_.is_idle(); }

 private:
  void begin(const Fault& fault);
  void end(const Fault& fault);
  void crash_loop(const Fault& fault, NodeId node, Instant until);
  void flap(NodeId a, NodeId b, Instant until, bool up);
  void partition(const Fault& fault, Dice& dice);
  void bridge(Dice& dice);
  void cut_clients(NodeId node);
  void rot(NodeId node, Dice& dice);
  NodeId node_of(const Fault& fault) const;
  NodeId victim_of(const Fault& fault) const;
  std::pair<NodeId, NodeId> link_of(const Fault& fault) const;
  void say(const Fault& fault, NodeId node, bool begins);

  Cluster& cluster_;
  const Plan& plan_;
  std::uint64_t clients_;
  Tally& tally_;
  MemberFaults members_;
  bool over_ = false;
};

}  // namespace holdfast::sim
