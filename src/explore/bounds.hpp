#pragma once

#include <cstddef>

namespace holdfast::explore {

inline constexpr std::size_t kNodesMax = 5;
inline constexpr std::size_t kTermsMax = 8;
inline constexpr std::size_t kEntriesMax = 8;  // of the longest log there can be
inline constexpr std::size_t kMessagesMax = 6;

// What an explored cluster may do. All that can happen within these bounds is explored.
struct Bounds {
  std::size_t nodes = 3;
  std::size_t terms = 2;
  std::size_t messages = 3;  // in flight; of more than these, each choice is tried, the rest lost
  std::size_t writes = 1;    // of a disk, not finished; the oldest of more than these finishes
  std::size_t entries = 1;   // of one AppendRequest
  bool pre_votes = false;    // else a campaign's are granted at once

  // How often, in the cluster as a whole.
  std::size_t proposals = 1;
  std::size_t crashes = 1;
  std::size_t duplicates = 0;
  std::size_t reads = 0;
  std::size_t transfers = 0;
  std::size_t changes = 0;    // of the membership, to any set of voters
  std::size_t snapshots = 0;  // made; each may be sent and installed any number of times

  std::size_t voters = kNodesMax;  // the first so many nodes begin as members
};

// An entry for each term and proposal, and two for a change.
constexpr std::size_t longest_log(const Bounds& bounds) {
  return bounds.terms + bounds.proposals + 2 * bounds.changes;
}

}  // namespace holdfast::explore
