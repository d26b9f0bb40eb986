// Writes the page of a run: make_timeline FILE [SEED [NODES [SECONDS]]]. Without a seed it is the
// one that the test knows.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "sim/run.hpp"
#include "sim/timeline_page.hpp"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

Plan known_plan() {
  Plan plan;
  plan.nodes = 5;
  plan.clerks = 4;
  plan.pipeliners = 0;
  plan.pace = {5ms, 40ms};
  plan.weather.loss = 0.01;
  plan.weather.duplication = plan.weather.damage = plan.weather.hold = 0.001;
  plan.faults = {{FaultKind::kLeaderKill, 1500ms, 800ms, 0},
                 {FaultKind::kPartition, 4s, 1s, 0b110},
                 {FaultKind::kPause, 6s, 500ms, 3},
                 {FaultKind::kOneWayCut, 7s, 400ms, 1},
                 {FaultKind::kSyncError, 8s, 600ms, 2}};
  return plan;
}

// What a page must not stumble over.
void add_odd_things(Timeline& timeline, Instant end) {
  timeline.operation({.client = 1,
                      .command = R"(put "</script><script>document.title='broken'</script>" "&")",
                      .outcome = "answered",
                      .called = end - 5ms,
                      .returned = end});
  timeline.operation({.client = 2, .command = R"(append "a1" "x")", .called = end - 400ms});
  timeline.operation({.client = 2,
                      .command = R"(get "a1")",
                      .outcome = "CLUSTERDOWN no leader",
                      .called = end - 300ms,
                      .returned = end - 200ms});
}

int write_page(const std::string& path, const Plan& plan) {
  Timeline timeline;
  const RunResult result = run(plan, &timeline);
  add_odd_things(timeline, result.ended_at);
  const auto written = write_html(
      path, timeline,
      {.title = "A cluster & its <faults>",
       .command = "holdfast sim --seed " + std::to_string(plan.seed),
       .verdict = result.violation.value_or("election safety: two leaders in one term\n(a sample)"),
       .failed = true,
       .failed_at = result.ended_at - 200ms,
       .hash = std::to_string(result.hash)});
  if (written) return 0;
  std::fprintf(stderr, "make_timeline: %s\n", written.error().c_str());
  return 1;
}

}  // namespace
}  // namespace holdfast::sim

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: make_timeline FILE [SEED [NODES [SECONDS]]]\n");
    return 2;
  }
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  auto plan = argc > 2 ? holdfast::sim::Plan::draw(number(2)) : holdfast::sim::known_plan();
  if (argc > 3) plan.nodes = number(3);
  if (argc > 4) plan.duration = std::chrono::seconds(number(4));
  return holdfast::sim::write_page(argv[1], plan);
}
