#pragma once

#include <vector>

#include "lincheck/check.hpp"
#include "lincheck/history.hpp"

namespace holdfast::lincheck {

// The parts of a history that can be checked one by one (Herlihy and Wing: linearizability is
// local): keys belong together if an operation has both, directly or by way of others. Or all in
// one part, if it is not to be split by keys.
std::vector<Partition> split(const History& history, bool by_keys);

}  // namespace holdfast::lincheck
