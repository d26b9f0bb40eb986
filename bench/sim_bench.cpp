// How fast a cluster is simulated: events and virtual time per second of one core.

#include <benchmark/benchmark.h>

#include "sim/run.hpp"

namespace holdfast::sim {
namespace {

Plan five_nodes_a_minute(bool with_faults) {
  Plan plan = Plan::draw(1);
  plan.nodes = 5;
  plan.duration = std::chrono::minutes(1);
  plan.weather = {};
  plan.clerks = 5;
  plan.pipeliners = 1;
  plan.faults.clear();
  for (int i = 0; with_faults && i < 60; ++i) {
    Fault fault;
    fault.kind = i % 2 == 0 ? FaultKind::kLeaderKill : FaultKind::kPartition;
    fault.at = std::chrono::milliseconds(500 + 1000 * i);
    fault.lasts = std::chrono::milliseconds(400);
    fault.draw = static_cast<std::uint64_t>(i) * 7919;
    plan.faults.push_back(fault);
  }
  return plan;
}

void simulate(benchmark::State& state, const Plan& plan) {
  std::uint64_t events = 0;
  for (auto _ : state) {
    const RunResult result = run(plan);
    if (result.violation) return state.SkipWithError(result.violation->c_str());
    events += result.events;
  }
  state.counters["events"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(simulate, five_nodes_a_minute, five_nodes_a_minute(false))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(simulate, five_nodes_a_minute_with_faults, five_nodes_a_minute(true))
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace holdfast::sim

BENCHMARK_MAIN();
