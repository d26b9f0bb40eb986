#pragma once

#include <deque>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace holdfast::replica {

// When the entries that this node proposed were durable here: of those not applied yet.
class EntryTimes {
 public:
  void proposed(Index index) { entries_.push_back({index, {}}); }
  void durable(Index up_to, Instant now) {
    for (Entry& entry : entries_) {
      if (entry.index > up_to) return;
      if (entry.durable == Instant()) entry.durable = now;
    }
  }
  // Zero: not yet, or not proposed here. Those before it are forgotten.
  Instant durable_at(Index applied) {
    while (!entries_.empty() && entries_.front().index < applied) entries_.pop_front();
    const bool is_known = !entries_.empty() && entries_.front().index == applied;
    return is_known ? entries_.front().durable : Instant();
  }
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    Index index;
    Instant durable;
  };
  std::deque<Entry> entries_;  // by rising index
};

}  // namespace holdfast::replica
