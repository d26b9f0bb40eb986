#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/run.hpp"

namespace holdfast::sim {

struct SwarmOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1;
  unsigned threads = 1;
  // What a seed's plan is changed to before it runs.
  std::function<void(Plan&)> adjust;
};

struct SwarmProgress {
  std::uint64_t seeds_done = 0;
  std::uint64_t events = 0;
};

struct SwarmResult {
  std::uint64_t seeds_done = 0;
  std::uint64_t events = 0;
  Duration virtual_time{};
  std::uint64_t hash = 0;  // of all runs, whatever their order
  Tally tally;
  // Of the lowest seed that broke; later ones are not begun then.
  std::optional<std::uint64_t> broken_seed;
};

// Many seeds, each a cluster of its own. `progress` is called on the caller's thread now and then.
SwarmResult swarm(const SwarmOptions& options,
                  const std::function<void(const SwarmProgress&)>& progress = {});

// What a long swarm must have met: faults of every kind, and the paths that only faults open.
std::vector<std::string> never_met(const Tally& tally);

}  // namespace holdfast::sim
