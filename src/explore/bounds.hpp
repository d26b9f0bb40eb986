#pragma once

#include <cstddef>

namespace holdfast::explore {

inline constexpr std::size_t kNodesMax = 5;
inline constexpr std::size_t kTermsMax = 8;
inline constexpr std::size_t kEntriesMax = 8;  // terms and proposals: the longest log there can be
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
};

}  // namespace holdfast::explore
