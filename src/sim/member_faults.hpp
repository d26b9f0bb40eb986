#pragma once

#include "sim/operator.hpp"
#include "sim/plan.hpp"

namespace holdfast::sim {

// What a plan has operators do, and nodes that they have to repair.
class MemberFaults {
 public:
  MemberFaults(Cluster& cluster, const Plan& plan, Tally& tally);

  void begin(const Fault& fault);
  // The node that has lost its data is added anew, after some of the faults.
  void repair(const Fault& fault);
  bool is_idle() const { return operator_.is_idle(); }

 private:
  void add(const Fault& fault);
  void ask(const Fault& fault, replica::MemberRequest request);
  void ask_for_snapshot(NodeId node);
  void lose_data(NodeId node);
  NodeId any_node(const Fault& fault) const;
  NodeId member(const Fault& fault) const;
  NodeId stranger(const Fault& fault) const;

  Cluster& cluster_;
  Tally& tally_;
  Operator operator_;
};

}  // namespace holdfast::sim
