#pragma once

#include <chrono>

namespace holdfast {

using Duration = std::chrono::microseconds;

// Time as the core, the replica and the simulator see it: monotonic, an argument of every call,
// never read from a clock below server/. The epoch is the host's choice and means nothing.
struct Timeline {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Timeline, duration>;
  static constexpr bool is_steady = true;
};
using Instant = Timeline::time_point;

}  // namespace holdfast
