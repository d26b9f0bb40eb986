#include <gtest/gtest.h>

#include "scenario_tests.hpp"

namespace holdfast::sim {
namespace {

const bool kRaftRegistered = register_scenarios("Raft/Scenarios", raft_scenarios(), 10);

TEST(RaftScenarios, SameSeed_SameHash) {
  const auto hash = [](const Scenario& scenario, std::uint64_t seed) {
    ScenarioRun run{.seed = seed};
    scenario.run(run);
    return run.hash;
  };
  const Scenario& scenario = raft_scenarios().front();
  EXPECT_EQ(hash(scenario, 1), hash(scenario, 1));
  EXPECT_NE(hash(scenario, 1), hash(scenario, 2));
}

}  // namespace
}  // namespace holdfast::sim
