#pragma once

#include <optional>
#include <string>

#include "lincheck/history.hpp"
#include "sim/faults.hpp"
#include "sim/plan.hpp"

namespace holdfast::sim {

struct RunResult {
  std::optional<std::string> violation;
  std::uint64_t events = 0;
  std::uint64_t hash = 0;
  Duration virtual_time{};
  Instant ended_at{};
  Tally tally;
  lincheck::History history;  // of all clients
};

// Carries out a plan: clients and faults; then everything is made good, and what a user would then
// expect is demanded: all clients get their answers, a new client's write is served within
// kProgressTime, nodes that lost their data are added anew within kRepairTime, all running members
// become equal within kConvergeTime, each acknowledged append is there once (one of unknown outcome
// at most once, a refused one never), and the history is linearizable. Throughout, the Monitor's
// invariants.
RunResult run(const Plan& plan, Observer* observer = nullptr);

inline constexpr Duration kAnswerTime = std::chrono::seconds(40);  // a Clerk's own deadline is 15
inline constexpr Duration kProgressTime = std::chrono::seconds(5);
inline constexpr Duration kRepairTime = std::chrono::seconds(20);
inline constexpr Duration kConvergeTime = std::chrono::seconds(10);
// Above the longest life of a key that is to expire, by the slowest clock.
inline constexpr Duration kExpiryTime = std::chrono::seconds(3);

}  // namespace holdfast::sim
