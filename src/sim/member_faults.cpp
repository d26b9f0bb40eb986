#include "sim/member_faults.hpp"

#include <algorithm>
#include <utility>

#include "sim/kv_server.hpp"

namespace holdfast::sim {

namespace {

using replica::MemberRequest;
using RequestKind = MemberRequest::Kind;

constexpr Duration kPersistence = std::chrono::seconds(3);

// Bits of a fault's draw that the choice of a node leaves.
bool coin(const Fault& fault) {
  return (fault.draw >> 40) % 2 == 0;
}

MemberRequest request_for(NodeId node, RequestKind kind) {
  MemberRequest request;
  request.kind = kind;
  request.node = node;
  request.address = address_of(node).to_string();
  return request;
}

RequestKind kind_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kMemberAdded:
      return RequestKind::kAdd;
    case FaultKind::kLearnerAdded:
      return RequestKind::kAddLearner;
    case FaultKind::kMemberReplaced:
      return RequestKind::kReplace;
    case FaultKind::kMemberPromoted:
      return RequestKind::kPromote;
    case FaultKind::kMemberMoved:
      return RequestKind::kMove;
    default:
      return RequestKind::kRemove;
  }
}

}  // namespace

MemberFaults::MemberFaults(Cluster& cluster, const Plan& plan, Tally& tally)
    : cluster_(cluster), tally_(tally), operator_(cluster, Dice(plan.seed + 99), tally) {}

NodeId MemberFaults::any_node(const Fault& fault) const {
  return cluster_.nodes()[fault.draw % cluster_.nodes().size()];
}

NodeId MemberFaults::member(const Fault& fault) const {
  const raft::Membership members = cluster_.membership();
  if (members.members.empty()) return any_node(fault);
  return members.members[fault.draw % members.members.size()].id;
}

// No member, if there is one; else any node, of which it is asked for what is so already.
NodeId MemberFaults::stranger(const Fault& fault) const {
  const raft::Membership members = cluster_.membership();
  const auto& nodes = cluster_.nodes();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeId node = nodes[(fault.draw + i) % nodes.size()];
    if (!members.contains(node) && !operator_.is_joining(node)) return node;
  }
  return any_node(fault);
}

void MemberFaults::begin(const Fault& fault) {
  tally_.add("fault: " + std::string(to_string(fault.kind)));
  switch (fault.kind) {
    case FaultKind::kSnapshotAsked:
      return ask_for_snapshot(any_node(fault));
    case FaultKind::kMemberAdded:
    case FaultKind::kLearnerAdded:
    case FaultKind::kMemberReplaced:
      return add(fault);
    case FaultKind::kLeaderRemoved:
      if (const NodeId leader = cluster_.leader())
        ask(fault, request_for(leader, RequestKind::kRemove));
      return;
    case FaultKind::kMemberMoved: {
      MemberRequest request = request_for(member(fault), RequestKind::kMove);
      request.address += std::to_string(fault.draw % 10);
      return ask(fault, std::move(request));
    }
    case FaultKind::kDataLost:
      return lose_data(any_node(fault));
    default:
      return ask(fault, request_for(member(fault), kind_of(fault.kind)));
  }
}

// Its own data may be there from when it was a member; it goes on with that, or without.
void MemberFaults::add(const Fault& fault) {
  const NodeId node = stranger(fault);
  MemberRequest request = request_for(node, kind_of(fault.kind));
  if (request.kind == RequestKind::kReplace) {
    request.replaces = member(fault);
    if (!cluster_.may_remove(request.replaces)) return;
  }
  if (coin(fault)) lose_data(node);
  if (cluster_.has_data(node)) {
    cluster_.start(node);
    return ask(fault, std::move(request));
  }
  if (operator_.is_joining(node)) return;
  cluster_.say("is to join", node);
  if (request.kind == RequestKind::kAddLearner) return operator_.join(node, std::nullopt);
  if (request.kind == RequestKind::kAdd) request.kind = RequestKind::kPromote;
  operator_.join(node, std::move(request));
}

void MemberFaults::ask(const Fault& fault, MemberRequest request) {
  if (request.kind == RequestKind::kRemove && !cluster_.may_remove(request.node)) return;
  cluster_.say("asked for: " + std::string(to_string(request.kind)), request.node);
  operator_.ask(std::move(request), Events::kStart + fault.at + fault.lasts + kPersistence);
}

void MemberFaults::ask_for_snapshot(NodeId node) {
  cluster_.say("asked for a snapshot", node);
  cluster_.process(node).input(
      [](Program& program, Instant now) { program.ask_for_snapshot(now, 0); });
}

void MemberFaults::lose_data(NodeId node) {
  if (!cluster_.has_data(node) || !cluster_.can_bear_loss_of(node)) return;
  tally_.add("members: data lost");
  cluster_.say("has lost its data", node);
  cluster_.crash(node, true);
  cluster_.lose_data(node);
}

void MemberFaults::repair(const Fault& fault) {
  const NodeId node = any_node(fault);
  if (cluster_.has_data(node) || operator_.is_joining(node) || coin(fault)) return;
  cluster_.say("is to be added anew", node);
  operator_.join(node, request_for(node, RequestKind::kPromote));
}

}  // namespace holdfast::sim
