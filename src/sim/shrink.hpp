#pragma once

#include <functional>
#include <vector>

#include "sim/run.hpp"

namespace holdfast::sim {

// A smaller plan that breaks, too.
struct Shrunk {
  Plan plan;
  std::vector<std::size_t> kept;  // of the original plan's faults
  RunResult result;               // of the smaller plan
  std::size_t runs = 0;           // that it took
};

// Leaves out what is not needed for `plan` to break: time after it, then faults, half of them at
// once, a quarter, down to single ones (delta debugging, Zeller and Hildebrandt 2002). At most
// `runs_max` runs; `progress` is told after each.
Shrunk shrink(const Plan& plan, const RunResult& broken, std::size_t runs_max,
              const std::function<void(const Shrunk&)>& progress = {});

// `plan` with these of its faults only.
Plan keep_faults(const Plan& plan, const std::vector<std::size_t>& kept);

}  // namespace holdfast::sim
