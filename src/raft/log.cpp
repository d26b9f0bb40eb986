#include "raft/log.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.hpp"

namespace holdfast::raft {

Log::Log(Position base, std::vector<Entry> entries) : base_(base) {
  for (Entry& entry : entries) append(std::move(entry));
}

std::optional<Term> Log::term_at(Index index) const {
  if (index == base_.index && (base_.term || !index)) return base_.term;
  if (index <= base_.index || index > last_index()) return std::nullopt;
  return at(index).term;
}

const Entry& Log::at(Index index) const {
  CHECK(index > base_.index && index <= last_index());
  return entries_[index.value() - first_index().value()];
}

std::span<const Entry> Log::from(Index index) const {
  CHECK(index > base_.index && index <= last_index().next());
  return std::span(entries_).subspan(index.value() - first_index().value());
}

Index Log::first_within(std::size_t bytes_max) const {
  Index first = first_index();
  for (std::size_t bytes = bytes_; bytes > bytes_max; ++first) bytes -= cost(at(first));
  return first;
}

void Log::append(Entry entry) {
  CHECK(entry.term >= last_term());
  bytes_ += cost(entry);
  if (runs_.empty() || entry.term > last_term()) {
    runs_.push_back({entry.term, last_index().next()});
  }
  entries_.push_back(std::move(entry));
}

void Log::truncate_from(Index index) {
  for (const Entry& entry : from(index)) bytes_ -= cost(entry);
  entries_.resize(index.value() - first_index().value());
  while (!runs_.empty() && runs_.back().first >= index) runs_.pop_back();
}

std::vector<Entry> Log::compact_to(Index index) {
  if (index <= base_.index) return {};
  const Position base{index, at(index).term};
  const auto count = static_cast<std::ptrdiff_t>(index.value() - base_.index.value());
  std::vector<Entry> kept(std::move_iterator(entries_.begin() + count),
                          std::move_iterator(entries_.end()));
  std::vector<Entry> dropped = std::exchange(entries_, std::move(kept));
  dropped.resize(static_cast<std::size_t>(count));
  // Of millions of entries most are dropped, or few: those that are fewer are looked at.
  const auto cost_of = [](const std::vector<Entry>& entries) {
    std::size_t bytes = 0;
    for (const Entry& entry : entries) bytes += cost(entry);
    return bytes;
  };
  bytes_ = dropped.size() < entries_.size() ? bytes_ - cost_of(dropped) : cost_of(entries_);
  base_ = base;
  const auto later = std::ranges::upper_bound(runs_, first_index(), {}, &TermRun::first);
  runs_.erase(runs_.begin(), later == runs_.begin() ? later : std::prev(later));
  if (entries_.empty()) {
    runs_.clear();
  } else {
    runs_.front().first = first_index();
  }
  return dropped;
}

std::vector<Entry> Log::reset(Position base) {
  std::vector<Entry> dropped = std::move(entries_);
  *this = Log(base);
  return dropped;
}

std::size_t Log::run_of(Index index) const {
  CHECK(index > base_.index && index <= last_index());
  const auto after = std::ranges::upper_bound(runs_, index, {}, &TermRun::first);
  return static_cast<std::size_t>(after - runs_.begin()) - 1;
}

std::vector<TermRun> Log::runs_until(Index last) const {
  std::vector<TermRun> runs;
  if (last > base_.index) {
    for (std::size_t run = run_of(last) + 1; run > 0 && runs.size() < kTermRunsMax; --run) {
      runs.push_back(runs_[run - 1]);
    }
  }
  const bool is_told = base_.index && base_.term && last >= base_.index;
  if (!is_told || runs.size() >= kTermRunsMax) return runs;
  // The base is an entry like the others, of which only the place and the term are left.
  if (!runs.empty() && runs.back().term == base_.term) {
    runs.back().first = base_.index;
  } else {
    runs.push_back({base_.term, base_.index});
  }
  return runs;
}

Index Log::last_common(Index last, std::span<const TermRun> theirs) const {
  last = std::min(last, last_index());
  for (const TermRun& run : theirs) {
    // Walk our runs that overlap [run.first, last], newest first, for one of the same term.
    while (last > base_.index && last >= run.first) {
      const TermRun& ours = runs_[run_of(last)];
      if (ours.term == run.term) return last;
      if (ours.term < run.term) break;  // all further down are older still
      last = ours.first.prev();
    }
    if (last == base_.index && last >= run.first && run.term == base_.term) return last;
    last = std::min(last, run.first.prev());
  }
  return last;
}

}  // namespace holdfast::raft
