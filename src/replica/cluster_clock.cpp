#include "replica/cluster_clock.hpp"

#include <algorithm>
#include <cstdlib>

namespace holdfast::replica {

namespace {

// Clocks that are kept by NTP differ by far less, and so do the speeds of clocks in a day.
constexpr std::uint64_t kLeapMaxMs = 1000;
constexpr std::int64_t kWrongMs = 5000;

}  // namespace

std::uint64_t ClusterClock::later(std::uint64_t ms, Instant at, Instant now) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - at);
  return ms + static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
}

std::optional<std::string> ClusterClock::tell(Instant now, std::uint64_t unix_ms) {
  if (wall_ms_ != 0) {
    const std::uint64_t ms = later(ms_, at_, now);
    const std::uint64_t step = (ms - ms_) / 10;
    ms_ = unix_ms > ms ? ms + std::min(unix_ms - ms, step) : ms - std::min(ms - unix_ms, step);
    at_ = now;
  }
  wall_ms_ = unix_ms;
  told_ = now;
  const std::int64_t ahead = wall_ahead_ms(now);
  const bool is_wrong = std::abs(ahead) >= (is_wrong_ ? kWrongMs / 2 : kWrongMs);
  if (is_wrong == std::exchange(is_wrong_, is_wrong)) return std::nullopt;
  if (!is_wrong) return "this node's wall clock agrees with the cluster's time again";
  return "this node's wall clock is " + std::to_string(std::abs(ahead) / 1000) +
         (ahead < 0 ? " s behind the" : " s ahead of the") +
         " cluster's time, by which keys expire and which goes after the leader's clock: "
         "compare the nodes' clocks";
}

std::uint64_t ClusterClock::applied(Instant now, std::uint64_t ms, bool is_live) {
  is_live_ = is_live;
  if (ms == applied_ms_) return 0;
  const std::uint64_t expected = later(applied_ms_, applied_at_, now);
  const bool leaps = applied_ms_ != 0 && ms > expected;
  applied_ms_ = ms;
  applied_at_ = now;
  if (ms >= later(most_ms_, most_at_, now)) {
    most_ms_ = ms;
    most_at_ = now;
  }
  return leaps ? ms - expected : 0;
}

void ClusterClock::lead(Instant now, std::uint64_t applied_ms) {
  std::uint64_t start = wall_ms_ == 0 ? 0 : later(wall_ms_, told_, now);
  if (is_live_) {
    const std::uint64_t known = later(applied_ms_, applied_at_, now);
    // Of an entry that came late, as to a node that was cut off, it is not known how late.
    const std::uint64_t most = std::max(known, later(most_ms_, most_at_, now));
    start = std::clamp(start, known - std::min(known, kLeapMaxMs), most + kLeapMaxMs);
    // What it read in an earlier leadership was never applied, perhaps, and by a wrong wall clock.
    read_ = 0;
  }
  ms_ = std::max(applied_ms, start);
  at_ = now;
  unled_ms_ = ms_ - applied_ms;
  leads_ = true;
}

std::uint64_t ClusterClock::about(Instant now) const {
  if (leads_) return later(ms_, at_, now);
  return applied_ms_ == 0 ? 0 : later(applied_ms_, applied_at_, now);
}

std::int64_t ClusterClock::wall_ahead_ms(Instant now) const {
  if (wall_ms_ == 0 || !is_live_) return 0;
  return static_cast<std::int64_t>(later(wall_ms_, told_, now) - about(now));
}

// A new leader has yet to apply what earlier leaders stamped, after a restart all of the log.
std::uint64_t ClusterClock::read(Instant now, std::uint64_t applied_ms) {
  // By being told the wall clock it may have gone back by a tenth.
  const std::uint64_t least = std::max(applied_ms, read_);
  read_ = later(ms_, at_, now);
  if (read_ >= least) return read_;
  ms_ = read_ = least;
  at_ = now;
  return read_;
}

}  // namespace holdfast::replica
