#pragma once

#include "lincheck/history.hpp"

namespace holdfast::lincheck {

// Is there an order? Tries every one, on a copy of the plain store each: for up to about eight
// operations, and so simple that it is right.
bool has_order(const History& history);

// Does the order keep what returned before what was called, explain each output, and have all
// operations that returned among `operations`, none twice?
bool is_order(const History& history, const std::vector<std::size_t>& operations,
              const std::vector<std::size_t>& order);

}  // namespace holdfast::lincheck
