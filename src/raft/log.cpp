#include "raft/log.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace holdfast::raft {

Log::Log(std::vector<Entry> entries) {
  for (Entry& entry : entries) append(std::move(entry));
}

std::optional<Term> Log::term_at(Index index) const {
  if (!index) return Term();
  if (index > last_index()) return std::nullopt;
  return entries_[index.value() - 1].term;
}

const Entry& Log::at(Index index) const {
  CHECK(index && index <= last_index());
  return entries_[index.value() - 1];
}

std::span<const Entry> Log::from(Index index) const {
  CHECK(index && index <= last_index().next());
  return std::span(entries_).subspan(index.value() - 1);
}

bool Log::is_up_to_date(Index index, Term term) const {
  return term > last_term() || (term == last_term() && index >= last_index());
}

void Log::append(Entry entry) {
  CHECK(entry.term >= last_term());
  if (entry.term > last_term()) runs_.push_back({entry.term, last_index().next()});
  entries_.push_back(std::move(entry));
}

void Log::truncate_from(Index index) {
  CHECK(index && index <= last_index());
  entries_.resize(index.value() - 1);
  while (!runs_.empty() && runs_.back().first >= index) runs_.pop_back();
}

std::size_t Log::run_of(Index index) const {
  CHECK(index && index <= last_index());
  const auto after = std::ranges::upper_bound(runs_, index, {}, &TermRun::first);
  return static_cast<std::size_t>(after - runs_.begin()) - 1;
}

std::vector<TermRun> Log::runs_until(Index last) const {
  if (!last) return {};
  const std::size_t newest = run_of(last);
  const std::size_t oldest = newest + 1 > kTermRunsMax ? newest + 1 - kTermRunsMax : 0;
  std::vector<TermRun> runs(runs_.begin() + static_cast<std::ptrdiff_t>(oldest),
                            runs_.begin() + static_cast<std::ptrdiff_t>(newest) + 1);
  std::ranges::reverse(runs);
  return runs;
}

Index Log::last_common(Index last, std::span<const TermRun> theirs) const {
  last = std::min(last, last_index());
  for (const TermRun& run : theirs) {
    // Walk our runs that overlap [run.first, last], newest first, for one of the same term.
    while (last && last >= run.first) {
      const TermRun& ours = runs_[run_of(last)];
      if (ours.term == run.term) return last;
      if (ours.term < run.term) break;  // all further down are older still
      last = ours.first.prev();
    }
    last = std::min(last, run.first.prev());
  }
  return last;
}

}  // namespace holdfast::raft
