#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/time.hpp"

namespace holdfast::replica {

// The time that a leader stamps on the log, in milliseconds of Unix time; keys and sessions expire
// by it. It never goes back, and while one node leads it doesn't jump either: it goes by that
// node's monotonic clock, and approaches its wall clock by no more than a tenth of the time that
// goes by. A new leader that has followed knows the time, by the last entry and its monotonic
// clock, and begins within a second of that, whatever its wall clock says. One that has just been
// started does not know how long nobody led: it begins at its wall clock if that is ahead of the
// log. A host that never tells the wall clock has time begin at zero.
class ClusterClock {
 public:
  // What the wall clock says; to be told now and then. What an operator should know: this node's
  // wall clock is wrong, or is right again.
  std::optional<std::string> tell(Instant now, std::uint64_t unix_ms);
  // The time of the last entry that was applied here. `is_live`: an entry was stamped, by some
  // leader, since this node was started. By how much it went on faster than our monotonic clock.
  std::uint64_t applied(Instant now, std::uint64_t ms, bool is_live);
  // This node begins to lead; `applied_ms` is the time of the last entry that it has applied.
  void lead(Instant now, std::uint64_t applied_ms);
  // How much of the time since then nobody led, for the first entry that this leader stamps: said
  // once.
  std::uint64_t take_unled() { return std::exchange(unled_ms_, 0); }
  // For the next entry, and for what a read tells. Never less than before. Of a leader only.
  std::uint64_t read(Instant now, std::uint64_t applied_ms);
  // It leads no more.
  void follow() { leads_ = false; }
  // What it is by now, as far as this node knows, for people; zero as long as nobody stamped it.
  std::uint64_t about(Instant now) const;
  // By how much the wall clock is ahead of the cluster's time; zero as long as that is not known.
  std::int64_t wall_ahead_ms(Instant now) const;

 private:
  static std::uint64_t later(std::uint64_t ms, Instant at, Instant now);

  std::uint64_t ms_ = 0;    // at at_
  std::uint64_t read_ = 0;  // what was last read
  Instant at_;
  std::uint64_t wall_ms_ = 0;  // at told_; zero: never told
  Instant told_;
  std::uint64_t applied_ms_ = 0;  // at applied_at_
  Instant applied_at_;
  std::uint64_t most_ms_ = 0;  // at most_at_: of all that was applied what says the latest time
  Instant most_at_;
  std::uint64_t unled_ms_ = 0;
  bool is_live_ = false;
  bool leads_ = false;
  bool is_wrong_ = false;  // the wall clock, as was told
};

}  // namespace holdfast::replica
