// How fast histories are checked, and with how much memory: of the size and shape of those that
// Porcupine is tested with (50 clients on 10 keys, put, append and get), and harder ones.

#include <benchmark/benchmark.h>

#include <sstream>
#include <string>

#include "base/check.hpp"
#include "lincheck/check.hpp"
#include "lincheck/client_history.hpp"
#include "lincheck/json_lines.hpp"

namespace holdfast::lincheck {
namespace {

void check_history(benchmark::State& state, const History& history, Verdict expected) {
  Result result;
  for (auto _ : state) {
    result = check(history);
    CHECK(result.verdict == expected);
  }
  const auto operations = static_cast<double>(history.size());
  state.counters["ops"] = operations;
  state.counters["ops/s"] =
      benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["steps"] = static_cast<double>(result.steps);
  state.counters["states"] = static_cast<double>(result.states);
  state.counters["bytes"] = static_cast<double>(result.memory_bytes);
}

void good(benchmark::State& state, const Clients& clients) {
  check_history(state, client_history(clients), Verdict::kLinearizable);
}

void bad(benchmark::State& state, const Clients& clients) {
  History history = client_history(clients);
  make_stale(history, 10);
  check_history(state, history, Verdict::kNotLinearizable);
}

void read_json(benchmark::State& state, const Clients& clients) {
  std::ostringstream out;
  write_history(client_history(clients), out);
  const std::string text = out.str();
  for (auto _ : state) {
    std::istringstream in(text);
    CHECK(read_history(in)->size() == clients.operations);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size() * state.iterations()));
}

constexpr Clients kC50{.operations = 2'000};
constexpr Clients kC50Long{};
constexpr Clients kAppendsOnly{.put_percent = 0};
constexpr Clients kOneKey{.clients = 10, .keys = 1};
constexpr Clients kOneKeyAppends{.keys = 1, .put_percent = 0, .lengths = true};
constexpr Clients kUnknown{.unknown_percent = 10, .lengths = true};
constexpr Clients kOneKeyUnknown{.keys = 1, .put_percent = 2, .unknown_percent = 10};

#define HOLDFAST_LINCHECK_BENCH(name, clients)                           \
  BENCHMARK_CAPTURE(good, name, clients)->Unit(benchmark::kMillisecond); \
  BENCHMARK_CAPTURE(bad, name, clients)->Unit(benchmark::kMillisecond)

HOLDFAST_LINCHECK_BENCH(c50_2000, kC50);
HOLDFAST_LINCHECK_BENCH(c50, kC50Long);
HOLDFAST_LINCHECK_BENCH(c50_no_puts, kAppendsOnly);
HOLDFAST_LINCHECK_BENCH(c10_one_key, kOneKey);
HOLDFAST_LINCHECK_BENCH(c50_one_key_no_puts, kOneKeyAppends);
HOLDFAST_LINCHECK_BENCH(c50_unknown, kUnknown);
HOLDFAST_LINCHECK_BENCH(c50_one_key_unknown, kOneKeyUnknown);
BENCHMARK_CAPTURE(read_json, c50, kC50Long)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace holdfast::lincheck

BENCHMARK_MAIN();
