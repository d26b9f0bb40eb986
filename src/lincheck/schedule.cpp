#include "lincheck/schedule.hpp"

#include <algorithm>

namespace holdfast::lincheck {

Schedule::Schedule(std::span<const Span> spans) : ops_(spans.size()) {
  for (OpId op = 0; op < spans.size(); ++op) {
    by_call_.push_back(op);
    if (spans[op].return_ns) by_rank_.push_back(op);
  }
  std::stable_sort(by_call_.begin(), by_call_.end(),
                   [&](OpId a, OpId b) { return spans[a].call_ns < spans[b].call_ns; });
  std::stable_sort(by_rank_.begin(), by_rank_.end(),
                   [&](OpId a, OpId b) { return *spans[a].return_ns < *spans[b].return_ns; });
  for (std::uint32_t rank = 0; rank < by_rank_.size(); ++rank) ops_[by_rank_[rank]].rank = rank;
  std::uint32_t returned = 0;
  for (const OpId op : by_call_) {
    while (returned < by_rank_.size() && *spans[by_rank_[returned]].return_ns < spans[op].call_ns) {
      ++returned;
    }
    ops_[op].returned_before = returned;
  }
  assign_slots();
}

void Schedule::assign_slots() {
  std::vector<std::uint32_t> free;
  std::uint32_t released = 0;
  for (const OpId op : by_call_) {
    if (!returned(op)) continue;
    for (; released < ops_[op].returned_before; ++released) {
      free.push_back(ops_[by_rank_[released]].slot);
    }
    if (free.empty()) free.push_back(slots_++);
    ops_[op].slot = free.back();
    free.pop_back();
  }
}

}  // namespace holdfast::lincheck
