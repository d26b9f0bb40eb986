#pragma once

#include <string>

#include "explore/explorer.hpp"

namespace holdfast::explore {

// The counterexample as a dialogue in the language of tests/raft/scripts, to be replayed without
// the explorer: each step, what is seen of it, and at the end how all nodes stand.
std::string script_of(const Counterexample& counterexample, const Model& model);

}  // namespace holdfast::explore
