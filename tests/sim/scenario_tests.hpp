#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sim/scenario.hpp"

namespace holdfast::sim {

// Makes a test of each scenario, under its own name, that runs it with so many seeds; fewer with a
// sanitizer. HOLDFAST_SEEDS=1000 runs more, HOLDFAST_SEED=77 one alone. A scenario that can't run
// yet is skipped with its reason. The return value is there to be kept in a constant.
bool register_scenarios(const std::string& suite, std::span<const Scenario> scenarios,
                        std::uint64_t usual_seeds);

}  // namespace holdfast::sim
