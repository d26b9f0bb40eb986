#include "sim/events.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::sim {

void Events::at(Instant when, std::uint64_t what, Action action) {
  std::uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(actions_.size());
    actions_.push_back(std::move(action));
  } else {
    slot = free_.back();
    free_.pop_back();
    actions_[slot] = std::move(action);
  }
  heap_.push_back({std::max(when, now_), added_++, what, slot});
  std::ranges::push_heap(heap_, std::greater{});
}

bool Events::run_one() {
  if (heap_.empty()) return false;
  std::ranges::pop_heap(heap_, std::greater{});
  const Entry entry = heap_.back();
  heap_.pop_back();
  Action action = std::exchange(actions_[entry.slot], nullptr);
  free_.push_back(entry.slot);
  now_ = entry.when;
  ++executed_;
  note(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  note(entry.what);
  action();
  return true;
}

void Events::run_until(Instant until) {
  while (next_at() <= until) run_one();
  now_ = std::max(now_, until);
}

std::uint64_t Events::mix(std::uint64_t hash, std::uint64_t value) {
  std::uint64_t z = (hash ^ value) + 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  return z ^ (z >> 27);
}

}  // namespace holdfast::sim
