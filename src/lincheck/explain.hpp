#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lincheck/partition_search.hpp"

namespace holdfast::lincheck {

// Orders and operations by their positions in the entries that were given.
struct Explanation {
  std::optional<OpId> failed_at;
  std::vector<std::vector<OpId>> orders;  // as in Partition
};

// Where a partition without an order fails. `known_rank`: there is an order of all operations that
// returned with a lower rank. Deterministic, and bounded in steps.
Explanation explain_failure(const std::vector<Entry>& entries, const Schedule& schedule,
                            MakeSearch make_search, std::uint32_t known_rank);

// The longest order that a short search finds.
std::vector<OpId> longest_order(const std::vector<Entry>& entries, MakeSearch make_search);

}  // namespace holdfast::lincheck
