#include "sim/swarm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "sim/last_events.hpp"
#include "sim/shrink.hpp"

namespace holdfast::sim {
namespace {

// More, and others, from the command line: `holdfast sim --seeds N`.
std::uint64_t seed_count() {
  const char* text = std::getenv("HOLDFAST_SEEDS");
  return text == nullptr ? 60 : std::strtoull(text, nullptr, 10);
}

SwarmOptions seeds(std::uint64_t first, std::uint64_t count) {
  SwarmOptions options;
  options.first_seed = first;
  options.seeds = count;
  return options;
}

TEST(Swarm, FirstSeeds_BreakNothingAndMeetFaults) {
  const SwarmResult result = swarm(seeds(1, seed_count()));
  EXPECT_FALSE(result.broken_seed) << "holdfast sim --seed " << *result.broken_seed;
  EXPECT_EQ(result.seeds_done, seed_count());
  EXPECT_GT(result.tally.counts().at("operations answered"), 100 * seed_count());
  EXPECT_GT(result.tally.counts().at("terms with a leader"), seed_count());
}

// The runs that found these: a client that stayed for ever with a node that is no member, and a
// monitor that did not know of two changes in a turn.
TEST(Swarm, SeedsThatFoundBugs_BreakNothing) {
  for (const std::uint64_t seed : {320, 497}) {
    const RunResult result = run(Plan::draw(seed));
    EXPECT_FALSE(result.violation) << "holdfast sim --seed " << seed << ": " << *result.violation;
  }
}

TEST(Swarm, ThreadsAndOrder_ChangeNothing) {
  SwarmOptions two = seeds(1, 12);
  two.threads = 2;
  EXPECT_EQ(swarm(two).hash, swarm(seeds(1, 12)).hash);
}

TEST(Run, SameSeed_SameRunWithAndWithoutAnObserver) {
  const Plan plan = Plan::draw(9);
  LastEvents last;
  const RunResult seen = run(plan, &last);
  const RunResult unseen = run(plan);
  EXPECT_EQ(seen.hash, unseen.hash);
  EXPECT_EQ(seen.events, unseen.events);
  EXPECT_EQ(seen.history, unseen.history);
  EXPECT_FALSE(last.lines().empty());
}

TEST(Plan, EverySeed_DrawsFaultsWithinItsTime) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    const Plan plan = Plan::draw(seed);
    EXPECT_TRUE(plan.nodes >= 1 && plan.nodes <= 7 && plan.spares <= 2);
    for (const Fault& fault : plan.faults) EXPECT_LE(fault.at, plan.duration);
    EXPECT_TRUE(std::ranges::is_sorted(plan.faults, {}, &Fault::at));
  }
}

TEST(Shrink, KeepFaults_KeepsThoseNamed) {
  const Plan plan = Plan::draw(4);
  ASSERT_GE(plan.faults.size(), 3u);
  const Plan smaller = keep_faults(plan, {0, 2, 10'000});
  ASSERT_EQ(smaller.faults.size(), 2u);
  EXPECT_EQ(smaller.faults[1].draw, plan.faults[2].draw);
}

}  // namespace
}  // namespace holdfast::sim
