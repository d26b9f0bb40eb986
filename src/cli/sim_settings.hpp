#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::cli {

// What `holdfast sim` was told.
struct SimSettings {
  std::optional<std::uint64_t> seed;
  std::uint64_t seeds = 0;  // zero: not a swarm
  std::uint64_t first = 1;
  unsigned jobs = 0;  // zero: one for each core
  std::optional<std::size_t> nodes;
  std::optional<std::uint64_t> duration_ms;
  std::optional<std::vector<std::size_t>> keep;  // of the faults
  std::string scenario;
  std::string html;
  std::string history;
  std::string plant;
  bool list = false;
  bool verbose = false;
  std::size_t shrink_runs = 300;
};

inline constexpr int kSimBroken = 1;
inline constexpr int kSimUsage = 2;

}  // namespace holdfast::cli
