#include "scenario_tests.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/check.hpp"

namespace holdfast::sim {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSlowness = 5;
#else
constexpr std::uint64_t kSlowness = 1;
#endif

struct Seeds {
  std::uint64_t first, end;
};

Seeds seeds(std::uint64_t usual) {
  if (const char* one = std::getenv("HOLDFAST_SEED")) {
    const auto seed = std::strtoull(one, nullptr, 10);
    return {seed, seed + 1};
  }
  if (const char* count = std::getenv("HOLDFAST_SEEDS")) {
    return {1, 1 + std::strtoull(count, nullptr, 10)};
  }
  return {1, 1 + std::max<std::uint64_t>(usual / kSlowness, 1)};
}

std::string text_of(const ScenarioRun& run) {
  std::string text = "events " + std::to_string(run.events);
  for (const auto& [figure, value] : run.figures) {
    text += ", " + figure + " " + std::to_string(value);
  }
  return text;
}

class ScenarioTest final : public testing::Test {
 public:
  ScenarioTest(const Scenario& scenario, std::uint64_t usual_seeds)
      : scenario_(scenario), usual_seeds_(usual_seeds) {}

  void TestBody() override {
    if (scenario_.run == nullptr) GTEST_SKIP() << scenario_.pending;
    const ChecksThrow checks_throw;
    const auto [first, end] = seeds(usual_seeds_);
    for (std::uint64_t seed = first; seed < end; ++seed) {
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
  std::uint64_t usual_seeds_;
};

}  // namespace

bool register_scenarios(const std::string& suite, std::span<const Scenario> scenarios,
                        std::uint64_t usual_seeds) {
  for (const Scenario& scenario : scenarios) {
    testing::RegisterTest(suite.c_str(), std::string(scenario.name).c_str(), nullptr, nullptr,
                          __FILE__, __LINE__, [&scenario, usual_seeds]() -> testing::Test* {
                            return new ScenarioTest(scenario, usual_seeds);
                          });
  }
  return true;
}

}  // namespace holdfast::sim
