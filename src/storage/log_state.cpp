#include "storage/log_state.hpp"

#include <algorithm>

namespace holdfast::storage {

std::expected<void, std::string_view> LogState::apply(const raft::HardState& next) {
  const raft::HardState& now = summary_.hard_state;
  if (next.term < now.term) return std::unexpected("the term goes back");
  if (next.term == now.term && now.voted_for && next.voted_for != now.voted_for) {
    return std::unexpected("the vote changes within a term");
  }
  if (!raft::is_up_to_date(next.votes_from, now.votes_from)) {
    return std::unexpected("what was forgotten is known again");
  }
  summary_.hard_state = next;
  return {};
}

std::expected<void, std::string_view> LogState::apply(Index first,
                                                      std::span<const raft::Entry> entries) {
  if (entries.empty()) return {};
  if (!first || first > summary_.next) return std::unexpected("entries leave a gap in the log");
  Term term = term_before(first);
  for (const auto& entry : entries) {
    if (entry.term < term || !entry.term) return std::unexpected("the terms of entries fall");
    term = entry.term;
  }
  if (term > summary_.hard_state.term) {
    return std::unexpected("an entry's term is above the node's term");
  }

  if (first <= base_.index) base_ = {first.prev(), Term()};
  while (!runs_.empty() && runs_.back().first >= first) runs_.pop_back();
  Index index = first;
  for (const auto& entry : entries) {
    if (runs_.empty() || runs_.back().term != entry.term) runs_.push_back({index, entry.term});
    ++index;
  }
  summary_.next = index;
  summary_.last_term = term;
  return {};
}

std::expected<void, std::string_view> LogState::reset(raft::Position last) {
  if (!last.index || !last.term) return std::unexpected("the log is reset to no entry");
  if (last.term > summary_.hard_state.term) {
    return std::unexpected("an entry's term is above the node's term");
  }
  base_ = last;
  runs_.clear();
  summary_.next = last.index.next();
  summary_.last_term = last.term;
  return {};
}

// Zero: unknown, or there is none.
Term LogState::term_before(Index index) const {
  const auto after = std::ranges::lower_bound(runs_, index, {}, &Run::first);
  if (after != runs_.begin()) return std::prev(after)->term;
  return index > base_.index ? base_.term : Term();
}

}  // namespace holdfast::storage
