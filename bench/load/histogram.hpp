#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

namespace holdfast::bench {

// Counts of times by their size, as HdrHistogram keeps them: exact below 256 us, and above that in
// buckets no wider than 1/128 of what is in them, up to an hour (what is longer counts as an hour).
class Histogram {
 public:
  using Time = std::chrono::microseconds;

  void add(Time time, std::uint64_t times = 1) {
    const std::uint64_t value =
        static_cast<std::uint64_t>(std::clamp<std::int64_t>(time.count(), 0, kMost));
    counts_[bucket_of(value)] += times;
    count_ += times;
    most_ = std::max(most_, value);
  }

  std::uint64_t count() const { return count_; }
  Time most() const { return Time(most_); }

  // At most so long took this share (0 to 1) of all; zero if there are none.
  Time percentile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen >= std::max<std::uint64_t>(wanted, 1)) return Time(std::min(last_of(bucket), most_));
    }
    return Time(0);
  }

 private:
  static constexpr std::size_t kPart = 128;  // buckets for each doubling
  static constexpr std::int64_t kMost = 3'600'000'000;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kPart) return value;
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - std::bit_width(kPart);
    return shift * kPart + (value >> shift);
  }
  static std::uint64_t last_of(std::size_t bucket) {
    if (bucket < kPart) return bucket;
    const std::size_t shift = bucket / kPart - 1;
    return ((bucket % kPart + kPart + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(bucket_of(kMost) + 1);
  std::uint64_t count_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace holdfast::bench
