#pragma once

#include "base/time.hpp"

namespace holdfast::sim {

// A node's monotonic clock: it starts anywhere, runs too fast or too slow, and may jump ahead, as
// after a suspended virtual machine. It never goes back.
class Clock {
 public:
  // `parts_per_million` faster than true time; above -1,000,000.
  Clock(Instant now, Duration ahead, std::int64_t parts_per_million)
      : base_(now), local_(now + ahead), rate_(1'000'000 + parts_per_million) {}

  Instant read(Instant now) const {
    return local_ + Duration((now - base_).count() * rate_ / kPpm);
  }
  // The first true instant at which the clock shows `local` or later.
  Instant when(Instant local) const {
    if (local <= local_) return base_;
    if (local - local_ > kFar) return Instant::max();
    return base_ + Duration(((local - local_).count() * kPpm + rate_ - 1) / rate_);
  }
  void jump(Instant now, Duration ahead) {
    local_ = read(now) + ahead;
    base_ = now;
  }

 private:
  static constexpr std::int64_t kPpm = 1'000'000;
  static constexpr Duration kFar = std::chrono::hours(24 * 30);  // no overflow up to here

  Instant base_;
  Instant local_;
  std::int64_t rate_;
};

}  // namespace holdfast::sim
