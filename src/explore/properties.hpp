#pragma once

#include <string_view>

#include "explore/state.hpp"
#include "explore/universe.hpp"

namespace holdfast::explore {

// Remembers in `state` who leads and what is committed, and checks what holds of a cluster as a
// whole (Raft figure 3). `changed` is the node, from 0, that had its turn; all else was checked
// before. What a node alone can break take_turn() has checked. Returns the property that does not
// hold; empty if all do.
std::string_view record_and_check(State& state, std::size_t changed, const Universe& universe,
                                  const Bounds& bounds);

}  // namespace holdfast::explore
