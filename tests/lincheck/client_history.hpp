#pragma once

#include <cstdint>

#include "lincheck/history.hpp"

namespace holdfast::lincheck {

// Clients that work on a store one operation after the other, as in a test with real servers.
struct Clients {
  std::uint64_t clients = 50;
  std::uint64_t operations = 10'000;
  std::uint64_t keys = 10;
  std::uint64_t put_percent = 10;
  std::uint64_t get_percent = 45;  // the rest appends
  std::uint64_t unknown_percent = 0;
  bool lengths = false;  // appends return the new length
  std::uint64_t seed = 1;
};

// Linearizable, with values that are all different. The same for the same arguments everywhere.
History client_history(const Clients& clients);

// Makes the first get that can be, of those called in the last `percent` of the history, answer
// what another found before a write that returned before this get was called. Returns its
// position.
std::size_t make_stale(History& history, std::uint64_t percent);

}  // namespace holdfast::lincheck
