#include <gtest/gtest.h>

#include <algorithm>

#include "scenario_tests.hpp"
#include "sim/scenarios/kv_suite.hpp"

namespace holdfast::sim {
namespace {

const bool kKvRegistered = register_scenarios("Kv/Scenarios", kv_scenarios(), 3);

const Scenario& scenario(std::string_view name) {
  return *std::ranges::find(kv_scenarios(), name, &Scenario::name);
}

TEST(KvScenario, SameSeed_SameHash) {
  const auto hash = [](std::uint64_t seed) {
    ScenarioRun run{.seed = seed};
    scenario("UnreliableOneKey4A").run(run);
    return run.hash;
  };
  EXPECT_EQ(hash(1), hash(1));
  EXPECT_NE(hash(1), hash(2));
}

// Of client 1's three appends, beside another's.
std::string objection_to(const std::string& value) {
  try {
    check_appends(value, 1, 3);
  } catch (const ScenarioFailure& failure) {
    return failure.what();
  }
  return {};
}

TEST(KvSuite, Appends_AreTakenOnceInOrderAndWhole) {
  EXPECT_EQ(objection_to("x 1 0 yx 2 0 yx 1 1 yx 2 1 yx 1 2 y"), "");
  EXPECT_EQ(objection_to("x 1 0 yx 1 2 y"), "x 1 1 y is missing");
  EXPECT_EQ(objection_to("x 1 0 yx 1 1 yx 1 2 yx 1 1 y"), "x 1 1 y is there twice");
  EXPECT_EQ(objection_to("x 1 0 yx 1 2 yx 1 1 y"), "x 1 1 y is in the wrong order");
  EXPECT_EQ(objection_to("x 1 0 yx 1 1 yx 1 2 yx 1 3 y"), "x 1 3 y was never appended");
  EXPECT_EQ(objection_to("x 1 0 yx 1 1 yx 1 2"), "the value is no row of appends");
}

}  // namespace
}  // namespace holdfast::sim
