#include "explore/explorer.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace holdfast::explore {

namespace {
constexpr std::uint64_t kStatesBetweenQuestions = 4096;
constexpr std::size_t kGrowthNotice = 100 * kStatesBetweenQuestions;
}  // namespace

Report Explorer::run(const GoOn& go_on) {
  const State start = model_.initial();
  const Fingerprint name = model_.fingerprint(start);
  visit(start, name, name);
  std::vector<Successor> successors;
  std::size_t left_at_depth = 1;
  for (std::uint64_t explored = 0; !waiting_.empty(); ++explored) {
    if (explored % kStatesBetweenQuestions == 0 && !go_on(stats())) {
      return {Report::End::kStopped, stats(), {}};
    }
    const auto [state, own] = waiting_.front();
    waiting_.pop_front();
    model_.expand(state, successors);
    for (const Successor& next : successors) {
      ++counted_.transitions;
      if (!next.broken.empty()) return {Report::End::kBroken, stats(), way_to(own, next)};
      visit(next.state, model_.fingerprint(next.state), own);
    }
    if (--left_at_depth == 0 && !waiting_.empty()) {
      ++counted_.depth;
      left_at_depth = waiting_.size();
    }
  }
  return {Report::End::kExhausted, stats(), {}};
}

void Explorer::visit(const State& state, Fingerprint own, Fingerprint parent) {
  if (visited_.try_emplace(own, parent).second) waiting_.push_back({state, own});
}

Stats Explorer::stats() const {
  Stats stats = counted_;
  stats.states = visited_.size();
  stats.waiting = waiting_.size();
  stats.node_states = model_.universe().nodes();
  stats.messages = model_.universe().messages();
  stats.turns = model_.universe().turns();
  if (visited_.max_load() < visited_.size() + kGrowthNotice) {
    stats.growth = 2 * visited_.bucket_count() * (sizeof(*visited_.begin()) + 1);
  }
  return stats;
}

Counterexample Explorer::way_to(Fingerprint last, const Successor& broken) {
  std::vector<Fingerprint> way{last};
  for (Fingerprint parent = visited_.at(last); parent != way.back(); parent = visited_.at(parent)) {
    way.push_back(parent);
  }
  Counterexample found{std::string(broken.broken), {}};
  State state = model_.initial();
  std::vector<Successor> successors;
  for (auto next = way.rbegin() + 1; next != way.rend(); ++next) {
    model_.expand(state, successors);
    const auto taken = std::ranges::find_if(successors, [&](const Successor& successor) {
      return model_.fingerprint(successor.state) == *next;
    });
    CHECK(taken != successors.end());
    found.steps.push_back(taken->step);
    state = taken->state;
  }
  // The last step, from this state's own names.
  model_.expand(state, successors);
  const auto taken = std::ranges::find_if(
      successors, [&](const Successor& successor) { return successor.broken == broken.broken; });
  CHECK(taken != successors.end());
  found.steps.push_back(taken->step);
  return found;
}

}  // namespace holdfast::explore
