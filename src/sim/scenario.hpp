#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sim/observer.hpp"

namespace holdfast::sim {

// One run of a scenario: its seed, and what it found.
struct ScenarioRun {
  std::uint64_t seed = 1;
  Observer* observer = nullptr;
  std::optional<Duration> duration = {};  // for those that may take any
  // Filled in by the scenario, for people: "rpcs" -> 12.
  std::map<std::string, std::uint64_t> figures = {};
  std::uint64_t events = 0;
  std::uint64_t hash = 0;
};

// What a scenario demanded and did not see.
struct ScenarioFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A directed test on the simulator, under the name that its source gives it.
struct Scenario {
  std::string_view name;
  std::string_view suite;  // "raft" or "kv": the course's; others are ours
  std::string_view about;  // one line
  // Throws ScenarioFailure, or Monitor::Violation. Null: it can't run yet, and `pending` says why.
  void (*run)(ScenarioRun&) = nullptr;
  std::string_view pending = {};
};

// By suite, each in scenarios/<suite>*.cpp.
std::span<const Scenario> raft_scenarios();
std::span<const Scenario> kv_scenarios();

}  // namespace holdfast::sim
