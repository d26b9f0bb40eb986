#pragma once

#include <cstdint>
#include <vector>

#include "base/prng.hpp"
#include "lincheck/history.hpp"

namespace holdfast::lincheck {

// What small histories are made of. All of it is drawn from the generator.
struct Mix {
  std::vector<Kind> kinds;
  std::uint64_t keys = 1;
  std::uint64_t operations_max = 7;
  std::uint64_t time = 12;  // calls and returns are below: the less, the more overlap
  std::uint64_t unknown_percent = 20;
  bool distinct = false;  // each write a value of its own; else few, that meet
};

// A linearizable history: the operations take effect on a Store at points between call and return,
// unknown outcomes at any point after the call or never.
History random_history(const Mix& mix, Prng& prng);

// Changes an output, or a time, or forgets a return; mostly, but not always, the history is not
// linearizable then.
void damage(History& history, Prng& prng);

}  // namespace holdfast::lincheck
