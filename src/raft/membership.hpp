#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/planted.hpp"

namespace holdfast::raft {

// One node of a cluster, and what it counts for.
struct Member {
  NodeId id;
  std::string address = {};  // where its peers reach it; says nothing to the core
  bool votes = true;         // in the membership that is, or is being, adopted (C_new)
  bool voted = true;  // in the one that is being left (C_old); equal to `votes` outside of a change
  bool leaves = false;  // is no member any more when the change is over
  // A learner that becomes a voter by itself as soon as it has caught up, and in whose place: zero
  // for nobody's.
  bool joins = false;
  NodeId replaces = {};

  bool operator==(const Member&) const = default;
};

// Who takes part, and who decides (Raft §6, Thesis §4.3). Any number of voters may change at once:
// while they do the membership is joint, and each decision needs a majority of both sets.
//
// Invariants: members are listed by rising id; there is a voter in each set, unless there are no
// members at all: the node then belongs to no cluster yet and waits to be added.
struct Membership {
  std::vector<Member> members;

  static Membership of(std::span<const NodeId> voters);

  const Member* find(NodeId node) const;
  bool contains(NodeId node) const { return find(node) != nullptr; }
  // In either set.
  bool is_voter(NodeId node) const;
  bool is_joint() const;
  // A majority of each set of voters fulfils the condition.
  template <std::predicate<NodeId> Condition>
  bool has_quorum(Condition condition) const {
    return reached_by_quorum([&](NodeId node) { return condition(node) ? 1 : 0; }) == 1;
  }
  // The highest value that a majority of each set has reached. Without voters the lowest there is.
  template <std::invocable<NodeId> ValueOf>
  auto reached_by_quorum(ValueOf value_of) const {
    const auto by_new = reached_by_majority(&Member::votes, value_of);
    if (planted(Bug::kJointIgnoresOld)) return by_new;
    return std::min(by_new, reached_by_majority(&Member::voted, value_of));
  }
  // What follows a joint membership.
  Membership after_change() const;

  bool operator==(const Membership&) const = default;

 private:
  template <class ValueOf>
  auto reached_by_majority(bool Member::*is_counted, ValueOf value_of) const {
    std::vector<decltype(value_of(NodeId()))> values;
    std::size_t voters = 0;
    for (const Member& member : members) {
      if (member.*is_counted) ++voters;
      if (member.*is_counted || planted(Bug::kRemovedNodeVotes)) {
        values.push_back(value_of(member.id));
      }
    }
    if (voters == 0) return decltype(value_of(NodeId())){};
    std::ranges::sort(values, std::greater{});
    const std::size_t majority = voters / 2 + (planted(Bug::kQuorumTooSmall) ? 0 : 1);
    // Half of one is nobody, and that would be no bug but a crash.
    return values[std::max<std::size_t>(majority, 1) - 1];
  }
};

std::string encode(const Membership& membership);
// Nothing if the bytes are not what encode() writes, or break an invariant.
std::optional<Membership> decode_membership(std::string_view bytes);
// "1=HOST:PORT,2=HOST:PORT (learner)": for people.
std::string to_string(const Membership& membership);

}  // namespace holdfast::raft
