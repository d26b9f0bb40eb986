#pragma once

#include <optional>
#include <span>
#include <vector>

#include "raft/messages.hpp"

namespace holdfast::raft {

// The log in memory. What stands at and before its base is in a snapshot. Invariants: indexes are
// contiguous behind the base; terms never fall; bytes_ is the sum of the entries' cost().
class Log {
 public:
  explicit Log(Position base = {}, std::vector<Entry> entries = {});

  Position base() const { return base_; }
  Index first_index() const { return base_.index.next(); }
  Index last_index() const { return base_.index.plus(entries_.size()); }
  Term last_term() const { return runs_.empty() ? base_.term : runs_.back().term; }
  Position last() const { return {last_index(), last_term()}; }
  // Nothing past the end, before the base, or at a base of which it is not known. Index 0 is the
  // base of a log that has its first entry, and has term 0.
  std::optional<Term> term_at(Index index) const;
  const Entry& at(Index index) const;
  std::span<const Entry> from(Index index) const;
  // Of the entries in memory: their payloads and what it takes to keep them.
  std::size_t bytes() const { return bytes_; }
  // Where a log of no more than so many bytes would begin; takes time for what is before that.
  Index first_within(std::size_t bytes_max) const;
  static std::size_t cost(const Entry& entry) { return entry.payload.size() + sizeof(Entry); }

  void append(Entry entry);
  void truncate_from(Index index);
  // Drops the entries up to this one, whose term must be known: it becomes the base. Returns them:
  // to free millions takes a while.
  std::vector<Entry> compact_to(Index index);
  // Drops, and returns, everything.
  std::vector<Entry> reset(Position base);

  // The terms at and before `last`, newest first, at most kTermRunsMax. The oldest run may have
  // begun before the base.
  std::vector<TermRun> runs_until(Index last) const;
  // The last index up to `last` at which another log, of which `runs` tell the terms, has our
  // term; if there is none among them, the index before the first that they tell of. Before the
  // base nothing is compared: what is returned there is of use to a snapshot only.
  Index last_common(Index last, std::span<const TermRun> runs) const;

  bool operator==(const Log&) const = default;
  // See Core::describe.
  template <class Visitor>
  void describe(Visitor& visit) const {
    visit(base_, entries_);
  }

 private:
  // The run that holds `index`; first_index() <= index <= last_index().
  std::size_t run_of(Index index) const;

  Position base_;
  std::vector<Entry> entries_;
  std::vector<TermRun> runs_;  // of the entries, oldest first
  std::size_t bytes_ = 0;
};

}  // namespace holdfast::raft
