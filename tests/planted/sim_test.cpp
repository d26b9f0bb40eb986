#include <gtest/gtest.h>

#include <algorithm>

#include "base/planted.hpp"
#include "sim/swarm.hpp"

namespace holdfast::sim {
namespace {

// How many seeds a swarm may take to find each bug. Those of the Raft core that need a rare meeting
// of events are left to the explorer and to storms of the core alone.
struct Hunt {
  Bug bug;
  std::uint64_t seeds;
};

SwarmOptions first_seeds(std::uint64_t seeds) {
  SwarmOptions options;
  options.seeds = seeds;
  return options;
}

std::string name_of(Bug bug) {
  const auto found = std::ranges::find(planted_bugs(), bug, &PlantedBug::bug);
  std::string name(found->name);
  std::ranges::replace(name, '-', '_');
  return name;
}

void PrintTo(const Hunt& hunt, std::ostream* out) {
  *out << name_of(hunt.bug) << " within " << hunt.seeds << " seeds";
}

class PlantedInSwarm : public testing::TestWithParam<Hunt> {
 protected:
  void SetUp() override {
    if (!kHasPlantedBugs) GTEST_SKIP() << "needs a build with planted bugs";
  }
  void TearDown() override { plant(Bug::kNone); }
};

TEST_P(PlantedInSwarm, Bug_IsFound) {
  plant(GetParam().bug);
  const SwarmResult result = swarm(first_seeds(GetParam().seeds));
  ASSERT_TRUE(result.broken_seed) << "no seed up to " << GetParam().seeds << " broke";
  std::printf("seed %llu\n", static_cast<unsigned long long>(*result.broken_seed));
}

INSTANTIATE_TEST_SUITE_P(Of, PlantedInSwarm, testing::Values(Hunt{Bug::kVoteNotPersisted, 2000}),
                         [](const auto& hunt) { return name_of(hunt.param.bug); });

TEST(PlantedInSwarm, NoBug_NothingBreaks) {
  const SwarmResult result = swarm(first_seeds(100));
  EXPECT_FALSE(result.broken_seed);
}

}  // namespace
}  // namespace holdfast::sim
