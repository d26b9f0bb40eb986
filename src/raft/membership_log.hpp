#pragma once

#include <vector>

#include "raft/membership.hpp"
#include "raft/types.hpp"

namespace holdfast::raft {

// The memberships that a log holds. The newest is in force, committed or not (Raft §6); when it is
// truncated away the one before it is in force again. The first is that of the snapshot.
class MembershipLog {
 public:
  MembershipLog() = default;
  MembershipLog(Index index, Membership membership) { append(index, std::move(membership)); }

  const Membership& current() const { return entries_.back().membership; }
  Index current_index() const { return entries_.back().index; }
  const Membership& first() const { return entries_.front().membership; }
  // In force after the entry at `index`, which is not before the first.
  const Membership& at(Index index) const { return entries_[place_of(index)].membership; }
  // A voter in the one at `index` or in any that follows it.
  bool is_voter_since(Index index, NodeId node) const;

  void append(Index index, Membership membership);
  void truncate_from(Index index);
  // The first is the one in force at `index` from now on.
  void compact_to(Index index);

  // See Core::describe.
  template <class Visitor>
  void describe(Visitor& visit) const {
    visit(entries_);
  }

 private:
  struct Entry {
    Index index;
    Membership membership;
  };
  std::size_t place_of(Index index) const;

  std::vector<Entry> entries_;
};

}  // namespace holdfast::raft
