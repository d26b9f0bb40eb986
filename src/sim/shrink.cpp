#include "sim/shrink.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace holdfast::sim {

Plan keep_faults(const Plan& plan, const std::vector<std::size_t>& kept) {
  Plan smaller = plan;
  smaller.faults.clear();
  for (const std::size_t index : kept) {
    if (index < plan.faults.size()) smaller.faults.push_back(plan.faults[index]);
  }
  return smaller;
}

Shrunk shrink(const Plan& plan, const RunResult& broken, std::size_t runs_max,
              const std::function<void(const Shrunk&)>& progress) {
  Shrunk best{.plan = plan, .kept = std::vector<std::size_t>(plan.faults.size()), .result = broken};
  std::iota(best.kept.begin(), best.kept.end(), 0);
  Plan base = plan;

  const auto try_this = [&](const Plan& candidate, const std::vector<std::size_t>& kept) {
    if (best.runs >= runs_max) return false;
    ++best.runs;
    RunResult result = run(candidate);
    const bool breaks = result.violation.has_value();
    if (breaks) {
      best.plan = candidate;
      best.kept = kept;
      best.result = std::move(result);
    }
    if (progress) progress(best);
    return breaks;
  };

  if (broken.virtual_time < plan.duration) {
    base.duration = broken.virtual_time;
    if (!try_this(base, best.kept)) base.duration = plan.duration;
  }
  for (std::size_t chunk = std::max<std::size_t>(best.kept.size() / 2, 1); chunk > 0; chunk /= 2) {
    for (std::size_t at = 0; at < best.kept.size();) {
      std::vector<std::size_t> fewer = best.kept;
      const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last =
          fewer.begin() + static_cast<std::ptrdiff_t>(std::min(at + chunk, fewer.size()));
      fewer.erase(first, last);
      if (!try_this(keep_faults(base, fewer), fewer)) at += chunk;
    }
  }
  return best;
}

}  // namespace holdfast::sim
