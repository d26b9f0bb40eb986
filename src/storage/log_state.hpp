#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "raft/types.hpp"

namespace holdfast::storage {

// What a segment's header says of the log before it.
struct LogSummary {
  raft::HardState hard_state;
  Index next = Index(1);  // the next entry's
  Term last_term;         // the last entry's; zero: there is none

  bool operator==(const LogSummary&) const = default;
};

// The log without its payloads, and the rules that every step of it keeps. Asked before a record
// is written and again when it is read.
//   1. The term never goes back; a vote, once given, stays for its term. The position from which a
//      node votes never goes back.
//   2. Entries follow each other without a gap; their terms never fall.
//   3. No entry's term is above the node's.
//   4. A reset is to an entry; its term keeps rule 3.
// What is before the base is not in the log. A log of which the front was dropped is read from a
// segment in its middle on: entries may then replace some that stood before the base, which moves
// down to them, its term unknown.
class LogState {
 public:
  LogState() = default;
  // At the beginning of a segment, the segments before which are not known.
  explicit LogState(const LogSummary& start)
      : summary_(start), base_{start.next.prev(), start.last_term} {}

  // The error names the broken rule; the state is then unchanged.
  [[nodiscard]] std::expected<void, std::string_view> apply(const raft::HardState& next);
  [[nodiscard]] std::expected<void, std::string_view> apply(Index first,
                                                            std::span<const raft::Entry> entries);
  // The log is emptied and goes on behind `last`.
  [[nodiscard]] std::expected<void, std::string_view> reset(raft::Position last);

  const LogSummary& summary() const { return summary_; }
  raft::Position base() const { return base_; }

 private:
  struct Run {  // entries of one term that stand together
    Index first;
    Term term;
  };
  Term term_before(Index index) const;

  LogSummary summary_;
  raft::Position base_;  // the entry before the first
  std::vector<Run> runs_;
};

}  // namespace holdfast::storage
