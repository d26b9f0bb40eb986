#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/time.hpp"

namespace holdfast::sim {

// Virtual time and what happens in it: one queue, one thread. Two events of one instant happen in
// the order in which they were added, so a run is a function of its inputs; its hash, over every
// event and what the events note, tells two runs apart.
class Events {
 public:
  using Action = std::move_only_function<void()>;

  // The epoch is not zero, so that no code confuses "long ago" with "never".
  static constexpr Instant kStart{std::chrono::seconds(1)};

  Instant now() const { return now_; }
  // `what` tells kinds of events and their subjects apart, in the hash only.
  void at(Instant when, std::uint64_t what, Action action);
  void after(Duration delay, std::uint64_t what, Action action) {
    at(now_ + delay, what, std::move(action));
  }
  // False: nothing is left to happen.
  bool run_one();
  // Runs all that happens up to `until`, and then it is that late.
  void run_until(Instant until);
  Instant next_at() const { return heap_.empty() ? Instant::max() : heap_.front().when; }

  void note(std::uint64_t detail) { hash_ = mix(hash_, detail); }
  std::uint64_t hash() const { return hash_; }
  std::uint64_t executed() const { return executed_; }

 private:
  struct Entry {
    Instant when;
    std::uint64_t order;
    std::uint64_t what;
    std::uint32_t slot;
    bool operator>(const Entry& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  static std::uint64_t mix(std::uint64_t hash, std::uint64_t value);

  Instant now_ = kStart;
  std::vector<Entry> heap_;
  std::vector<Action> actions_;  // by slot, so that the heap moves small things
  std::vector<std::uint32_t> free_;
  std::uint64_t added_ = 0;
  std::uint64_t executed_ = 0;
  std::uint64_t hash_ = 0;
};

}  // namespace holdfast::sim
