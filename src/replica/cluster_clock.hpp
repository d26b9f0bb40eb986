#pragma once

#include <cstdint>
#include <utility>

#include "base/time.hpp"

namespace holdfast::replica {

// The time that a leader stamps on the log, in milliseconds of Unix time; keys and sessions expire
// by it. It never goes back, and while one node leads it doesn't jump either: it goes by that
// node's monotonic clock, and approaches its wall clock by no more than a tenth of the time that
// goes by. A new leader begins at its wall clock if that is ahead of what the log says, so that
// time goes on while nobody leads. A host that never tells the wall clock has time begin at zero.
class ClusterClock {
 public:
  // What the wall clock says; to be told now and then.
  void tell(Instant now, std::uint64_t unix_ms);
  // This node begins to lead; `applied_ms` is the time of the last entry that it has applied.
  void lead(Instant now, std::uint64_t applied_ms);
  // How much of the time since then nobody led, for the first entry that this leader stamps: said
  // once.
  std::uint64_t take_unled() { return std::exchange(unled_ms_, 0); }
  // For the next entry. Of a leader only.
  std::uint64_t read(Instant now, std::uint64_t applied_ms);

 private:
  static std::uint64_t later(std::uint64_t ms, Instant at, Instant now);

  std::uint64_t ms_ = 0;  // at at_
  Instant at_;
  std::uint64_t wall_ms_ = 0;  // at told_; zero: never told
  Instant told_;
  std::uint64_t unled_ms_ = 0;
};

}  // namespace holdfast::replica
