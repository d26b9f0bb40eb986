#include <gtest/gtest.h>

#include <cstdlib>

#include "base/check.hpp"
#include "sim/scenario.hpp"

namespace holdfast::sim {
namespace {

// How many seeds, and from which: HOLDFAST_SEEDS=1000 or HOLDFAST_SEED=77 for one alone.
std::pair<std::uint64_t, std::uint64_t> seeds() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::uint64_t kUsual = 2;
#else
  constexpr std::uint64_t kUsual = 10;
#endif
  if (const char* one = std::getenv("HOLDFAST_SEED")) {
    const auto seed = std::strtoull(one, nullptr, 10);
    return {seed, seed + 1};
  }
  const char* count = std::getenv("HOLDFAST_SEEDS");
  return {1, 1 + (count != nullptr ? std::strtoull(count, nullptr, 10) : kUsual)};
}

std::string text_of(const ScenarioRun& run) {
  std::string text = "events " + std::to_string(run.events);
  for (const auto& [figure, value] : run.figures) {
    text += ", " + figure + " " + std::to_string(value);
  }
  return text;
}

class RaftScenario : public testing::Test {
 public:
  explicit RaftScenario(const Scenario& scenario) : scenario_(scenario) {}

  void TestBody() override {
    if (scenario_.run == nullptr) GTEST_SKIP() << scenario_.pending;
    const ChecksThrow checks_throw;
    const auto [first, last] = seeds();
    for (std::uint64_t seed = first; seed < last; ++seed) {
      ScenarioRun run{.seed = seed};
      try {
        scenario_.run(run);
      } catch (const std::exception& broken) {
        ADD_FAILURE() << "HOLDFAST_SEED=" << seed << ": " << broken.what() << "\n" << text_of(run);
      }
    }
  }

 private:
  const Scenario& scenario_;
};

// Each is a test of its own, under the course's name.
const bool kRegistered = [] {
  for (const Scenario& scenario : raft_scenarios()) {
    testing::RegisterTest("Raft/Scenarios", std::string(scenario.name).c_str(), nullptr, nullptr,
                          __FILE__, __LINE__,
                          [&]() -> testing::Test* { return new RaftScenario(scenario); });
  }
  return true;
}();

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
