#pragma once

#include <optional>
#include <span>
#include <vector>

#include "raft/messages.hpp"

namespace holdfast::raft {

// The log in memory. Invariants: indexes are contiguous from 1; terms never fall.
class Log {
 public:
  explicit Log(std::vector<Entry> entries = {});

  Index last_index() const { return Index(entries_.size()); }
  Term last_term() const { return runs_.empty() ? Term() : runs_.back().term; }
  // Index 0 is before the first entry and has term 0; past the end there is none.
  std::optional<Term> term_at(Index index) const;
  const Entry& at(Index index) const;
  std::span<const Entry> from(Index index) const;

  // Raft §5.4.1: is a log that ends like this at least as up-to-date as ours?
  bool is_up_to_date(Index last_index, Term last_term) const;

  void append(Entry entry);
  void truncate_from(Index index);

  // The terms at and before `last`, newest first, at most kTermRunsMax.
  std::vector<TermRun> runs_until(Index last) const;
  // The last index up to `last` at which another log, of which `runs` tell the terms, has our
  // term; if there is none among them, the index before the first that they tell of.
  Index last_common(Index last, std::span<const TermRun> runs) const;

  bool operator==(const Log&) const = default;
  // See Core::describe.
  template <class Visitor>
  void describe(Visitor& visit) const {
    visit(entries_);
  }

 private:
  // The run that holds `index`; 1 <= index <= last_index().
  std::size_t run_of(Index index) const;

  std::vector<Entry> entries_;
  std::vector<TermRun> runs_;  // oldest first
};

}  // namespace holdfast::raft
