#include "lincheck/path_log.hpp"

#include <algorithm>

namespace holdfast::lincheck {

std::uint32_t PathLog::longer(std::uint32_t a, std::uint32_t b) const {
  if (a == kNone || b == kNone) return a == kNone ? b : a;
  return steps_[b].length > steps_[a].length ? b : a;
}

void PathLog::push(OpId op) {
  const auto step = static_cast<std::uint32_t>(steps_.size());
  const std::uint32_t before = open_.empty() ? kNone : open_.back().step;
  steps_.push_back({op, before, before == kNone ? 1 : steps_[before].length + 1});
  open_.push_back({step, step});
}

void PathLog::pop() {
  const Open closed = open_.back();
  open_.pop_back();
  std::uint32_t& with = longest_with_[steps_[closed.step].op];
  with = longer(with, closed.longest);
  if (!open_.empty()) open_.back().longest = longer(open_.back().longest, closed.longest);
}

std::vector<std::vector<OpId>> PathLog::take_longest(const std::vector<OpId>& without,
                                                     std::size_t limit) {
  while (!open_.empty()) pop();
  std::vector<std::uint32_t> ends = longest_with_;
  for (const OpId op : without) ends[op] = kNone;
  std::erase(ends, kNone);
  // Equal lengths in the order in which the search met them.
  std::sort(ends.begin(), ends.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(steps_[b].length, a) < std::pair(steps_[a].length, b);
  });
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  if (ends.size() > limit) ends.resize(limit);
  std::vector<std::vector<OpId>> orders;
  for (std::uint32_t step : ends) {
    std::vector<OpId>& order = orders.emplace_back(steps_[step].length);
    for (std::size_t i = order.size(); i-- > 0; step = steps_[step].before) {
      order[i] = steps_[step].op;
    }
  }
  return orders;
}

}  // namespace holdfast::lincheck
