#include "lincheck/brute_force.hpp"

#include <algorithm>
#include <limits>

#include "lincheck/store.hpp"

namespace holdfast::lincheck {

namespace {

bool precedes(const Operation& a, const Operation& b) {
  return a.return_ns && *a.return_ns < b.call_ns;
}

bool has_order_from(const History& history, const Store& store, std::vector<bool>& done) {
  bool complete = true;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (done[i]) continue;
    complete = complete && !history[i].return_ns;
  }
  if (complete) return true;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (done[i]) continue;
    bool may_be_next = true;
    for (std::size_t j = 0; j < history.size(); ++j) {
      may_be_next = may_be_next && (done[j] || !precedes(history[j], history[i]));
    }
    Store next = store;
    if (!may_be_next || !agrees(history[i], next.apply(history[i]))) continue;
    done[i] = true;
    const bool found = has_order_from(history, next, done);
    done[i] = false;
    if (found) return true;
  }
  return false;
}

}  // namespace

bool has_order(const History& history) {
  std::vector<bool> done(history.size());
  return has_order_from(history, {}, done);
}

bool is_order(const History& history, const std::vector<std::size_t>& operations,
              const std::vector<std::size_t>& order) {
  Store store;
  std::int64_t latest_call = std::numeric_limits<std::int64_t>::min();
  std::vector<bool> taken(history.size());
  for (const std::size_t i : order) {
    const Operation& operation = history[i];
    if (taken[i] || !agrees(operation, store.apply(operation))) return false;
    // Somebody before it was called after it had returned.
    if (operation.return_ns && *operation.return_ns < latest_call) return false;
    latest_call = std::max(latest_call, operation.call_ns);
    taken[i] = true;
  }
  return std::ranges::all_of(operations,
                             [&](std::size_t i) { return taken[i] || !history[i].return_ns; });
}

}  // namespace holdfast::lincheck
