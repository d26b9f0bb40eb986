#pragma once

#include <vector>

#include "base/prng.hpp"
#include "base/time.hpp"

namespace holdfast::sim {

// A seeded generator with the draws that a simulation makes. No logarithm and no library
// distribution: those differ between compilers.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : prng_(seed) {}
  // An independent stream: more draws here change nothing there.
  Dice fork() { return Dice(prng_.next()); }

  bool chance(double probability) {
    return probability > 0 &&
           static_cast<double>(prng_.below(kOne)) < probability * static_cast<double>(kOne);
  }
  std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return prng_.between(low, high); }
  Duration between(Duration low, Duration high) {
    const auto span = static_cast<std::uint64_t>((high - low).count());
    return low + Duration(static_cast<std::int64_t>(prng_.below(span + 1)));
  }
  // From [low, high], mostly near the low end: each further eighth of the range is half as likely.
  Duration mostly_low(Duration low, Duration high) {
    int eighth = 0;
    while (eighth < 7 && prng_.below(2) == 0) ++eighth;
    return between(low + (high - low) * eighth / 8, low + (high - low) * (eighth + 1) / 8);
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[prng_.below(from.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[prng_.below(i)]);
  }
  std::uint64_t seed() { return prng_.next(); }
  Prng& prng() { return prng_; }

 private:
  static constexpr std::uint64_t kOne = 1'000'000;
  Prng prng_;
};

}  // namespace holdfast::sim
