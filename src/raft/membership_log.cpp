#include "raft/membership_log.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace holdfast::raft {

std::size_t MembershipLog::place_of(Index index) const {
  const auto after = std::ranges::upper_bound(entries_, index, {}, &Entry::index);
  CHECK(after != entries_.begin());
  return static_cast<std::size_t>(after - entries_.begin()) - 1;
}

bool MembershipLog::is_voter_since(Index index, NodeId node) const {
  for (std::size_t i = place_of(index); i < entries_.size(); ++i) {
    if (entries_[i].membership.is_voter(node)) return true;
  }
  return false;
}

void MembershipLog::append(Index index, Membership membership) {
  CHECK(entries_.empty() || index > entries_.back().index);
  entries_.push_back({index, std::move(membership)});
}

void MembershipLog::truncate_from(Index index) {
  while (entries_.back().index >= index) entries_.pop_back();
  CHECK(!entries_.empty());
}

void MembershipLog::compact_to(Index index) {
  const std::size_t first = place_of(index);
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first));
  entries_.front().index = index;
}

}  // namespace holdfast::raft
