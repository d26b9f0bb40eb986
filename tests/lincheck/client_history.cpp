#include "lincheck/client_history.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/prng.hpp"
#include "lincheck/store.hpp"

namespace holdfast::lincheck {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

struct Planned {
  Operation operation;
  std::int64_t point = 0;  // when it takes effect
};

// Mostly short, now and then twenty times as long.
std::int64_t delay(Prng& prng) {
  const auto usual = static_cast<std::int64_t>(1 + prng.below(1'000'000));
  return prng.below(16) == 0 ? usual * 20 : usual;
}

Planned plan(const Clients& clients, std::uint64_t client, std::uint64_t number, std::int64_t now,
             Prng& prng) {
  const std::string key = std::to_string(prng.below(clients.keys));
  const std::string value = "x " + std::to_string(client) + " " + std::to_string(number) + " y";
  const std::uint64_t dice = prng.below(100);
  Planned planned;
  if (dice < clients.put_percent) {
    planned.operation = put(client, key, value, now);
  } else if (dice < clients.put_percent + clients.get_percent) {
    planned.operation = get(client, key, now);
  } else {
    planned.operation = append(client, key, value, now);
  }
  planned.point = now + delay(prng);
  if (prng.below(100) < clients.unknown_percent) {
    planned.point = prng.below(2) == 0 ? kNever : planned.point + 10 * delay(prng);
  } else {
    planned.operation.return_ns = planned.point + delay(prng);
  }
  return planned;
}

bool reads(const Operation& operation) {
  return operation.kind == Kind::kGet;
}

}  // namespace

History client_history(const Clients& clients) {
  Prng prng(clients.seed);
  std::vector<std::int64_t> now(clients.clients);
  std::vector<Planned> plans;
  for (std::uint64_t i = 0; i < clients.operations; ++i) {
    const auto next = std::ranges::min_element(now);
    const auto client = static_cast<std::uint64_t>(next - now.begin());
    plans.push_back(plan(clients, client, i, *next, prng));
    const Operation& operation = plans.back().operation;
    *next = operation.return_ns.value_or(operation.call_ns + 5'000'000) + delay(prng) / 10 + 1;
  }
  std::ranges::stable_sort(plans, {}, &Planned::point);
  Store store;
  for (Planned& planned : plans) {
    Operation& operation = planned.operation;
    if (planned.point == kNever) continue;
    const auto answer = store.apply(operation);
    const bool tells = reads(operation) || (clients.lengths && operation.kind == Kind::kAppend);
    if (tells && operation.return_ns) operation.output = *answer;
  }
  std::ranges::stable_sort(plans, {}, [](const Planned& each) { return each.operation.call_ns; });
  History history;
  for (Planned& planned : plans) history.push_back(std::move(planned.operation));
  return history;
}

std::size_t make_stale(History& history, std::uint64_t percent) {
  const std::size_t begin = history.size() * (100 - percent) / 100;
  for (std::size_t i = begin; i < history.size(); ++i) {
    Operation& late = history[i];
    if (!reads(late) || !late.return_ns) continue;
    const auto same_key = [&](const Operation& other) { return other.keys == late.keys; };
    // The last write that is certainly older, and a get that is certainly older than that.
    const Operation* write = nullptr;
    for (const Operation& other : history) {
      if (!same_key(other) || reads(other) || !other.return_ns) continue;
      if (*other.return_ns >= late.call_ns) continue;
      if (write == nullptr || other.call_ns > write->call_ns) write = &other;
    }
    for (const Operation& early : history) {
      if (write == nullptr || !same_key(early) || !reads(early) || !early.return_ns) continue;
      if (*early.return_ns >= write->call_ns) continue;
      late.output = early.output;
      return i;
    }
  }
  check_failed("a get that can be made stale", {});
}

}  // namespace holdfast::lincheck
