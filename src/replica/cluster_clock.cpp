#include "replica/cluster_clock.hpp"

#include <algorithm>

namespace holdfast::replica {

std::uint64_t ClusterClock::later(std::uint64_t ms, Instant at, Instant now) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - at);
  return ms + static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
}

void ClusterClock::tell(Instant now, std::uint64_t unix_ms) {
  if (wall_ms_ != 0) {
    const std::uint64_t ms = later(ms_, at_, now);
    const std::uint64_t step = (ms - ms_) / 10;
    ms_ = unix_ms > ms ? ms + std::min(unix_ms - ms, step) : ms - std::min(ms - unix_ms, step);
    at_ = now;
  }
  wall_ms_ = unix_ms;
  told_ = now;
}

void ClusterClock::lead(Instant now, std::uint64_t applied_ms) {
  const std::uint64_t wall_ms = wall_ms_ == 0 ? 0 : later(wall_ms_, told_, now);
  ms_ = std::max(applied_ms, wall_ms);
  at_ = now;
  unled_ms_ = ms_ - applied_ms;
}

// A new leader has yet to apply what earlier leaders stamped, after a restart all of the log.
std::uint64_t ClusterClock::read(Instant now, std::uint64_t applied_ms) {
  const std::uint64_t ms = later(ms_, at_, now);
  if (ms >= applied_ms) return ms;
  ms_ = applied_ms;
  at_ = now;
  return ms_;
}

}  // namespace holdfast::replica
