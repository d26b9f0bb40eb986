#include "explore/explorer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/prng.hpp"

namespace holdfast::explore {
namespace {

bool always(const Stats&) {
  return true;
}

struct Corner {
  const char* name;
  Bounds bounds;
};

void PrintTo(const Corner& corner, std::ostream* out) {
  *out << corner.name;
}

class Corners : public testing::TestWithParam<Corner> {};

TEST_P(Corners, ExploredInFull_NothingIsBroken) {
  Explorer explorer(GetParam().bounds);
  const Report report = explorer.run(always);
  EXPECT_EQ(report.end, Report::End::kExhausted);
  EXPECT_FALSE(report.counterexample) << report.counterexample->property;
  EXPECT_GT(report.stats.states, 10'000U) << "where little happens little can break";
}

INSTANTIATE_TEST_SUITE_P(
    Of, Corners,
    testing::Values(
        Corner{"TwoTerms", {.messages = 1, .crashes = 0}},
        Corner{"Crashes", {.terms = 1, .messages = 2, .crashes = 1}},
        Corner{"ThreeTerms",
               {.terms = 3, .messages = 1, .writes = 0, .proposals = 0, .crashes = 1}},
        Corner{"Reads", {.messages = 1, .writes = 0, .crashes = 0, .reads = 1}},
        Corner{"Duplicates", {.messages = 1, .writes = 0, .crashes = 0, .duplicates = 2}},
        Corner{"Transfers", {.messages = 1, .writes = 0, .crashes = 0, .transfers = 1}},
        Corner{"PreVotes", {.messages = 1, .writes = 0, .pre_votes = true, .crashes = 0}},
        Corner{"Changes", {.messages = 1, .writes = 0, .proposals = 0, .crashes = 0, .changes = 2}},
        Corner{"OneOfFourJoins",
               {.nodes = 4,
                .messages = 1,
                .writes = 0,
                .proposals = 0,
                .crashes = 0,
                .changes = 1,
                .voters = 3}},
        Corner{"Snapshots", {.messages = 1, .writes = 0, .snapshots = 1}},
        Corner{"SnapshotsOfTwoWithAStranger",
               {.messages = 1,
                .writes = 0,
                .proposals = 0,
                .changes = 1,
                .snapshots = 1,
                .voters = 2}},
        Corner{"FiveNodes",
               {.nodes = 5, .terms = 1, .messages = 2, .writes = 0, .proposals = 0, .crashes = 0}}),
    [](const auto& corner) { return std::string(corner.param.name); });

TEST(Explorer, ToldToStop_SaysSoAndStops) {
  Explorer explorer({});
  const Report report = explorer.run([](const Stats& stats) { return stats.states < 10'000; });
  EXPECT_EQ(report.end, Report::End::kStopped);
  EXPECT_GE(report.stats.states, 10'000U);
  EXPECT_LT(report.stats.states, 100'000U);
  EXPECT_GT(report.stats.waiting, 0U);
}

std::vector<Successor> expand(Model& model, const State& state) {
  std::vector<Successor> successors;
  model.expand(state, successors);
  std::ranges::sort(successors, {},
                    [&](const Successor& next) { return model.fingerprint(next.state); });
  return successors;
}

std::vector<Fingerprint> fingerprints(Model& model, const std::vector<Successor>& successors) {
  std::vector<Fingerprint> all;
  for (const Successor& next : successors) all.push_back(model.fingerprint(next.state));
  return all;
}

const State& step_of(const std::vector<Successor>& successors, std::uint8_t node) {
  const auto found = std::ranges::find_if(
      successors, [&](const Successor& next) { return next.step.node == node; });
  return found->state;
}

// If states that are told apart by names alone were explored once but behaved differently, a part
// of what can happen would be missed.
// Two walks that begin with the timeouts of different nodes.
void expect_the_same_ways(const Bounds& bounds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    Model model(bounds);
    const auto first = expand(model, model.initial());
    State one = step_of(first, 0);
    State other = step_of(first, 2);
    ASSERT_EQ(model.fingerprint(one), model.fingerprint(other));
    for (int i = 0; i < 60; ++i) {
      const auto ways = expand(model, one);
      const auto other_ways = expand(model, other);
      ASSERT_EQ(fingerprints(model, ways), fingerprints(model, other_ways)) << "step " << i;
      if (ways.empty()) break;
      const std::size_t choice = prng.below(ways.size());
      one = ways[choice].state;
      other = other_ways[choice].state;
    }
  }
}

TEST(Model, SameButForTheNamesOfNodes_GoesTheSameWays) {
  expect_the_same_ways(
      {.terms = 3, .messages = 2, .crashes = 1, .duplicates = 1, .reads = 2, .transfers = 1});
  expect_the_same_ways({.messages = 2, .crashes = 1, .snapshots = 2});
  expect_the_same_ways({.terms = 3, .messages = 2, .crashes = 1, .changes = 2, .snapshots = 1});
}

TEST(Model, DifferentClusters_HaveDifferentFingerprints) {
  Model model({});
  const State start = model.initial();
  const auto first = expand(model, start);
  for (const Successor& next : first) {
    EXPECT_NE(model.fingerprint(next.state), model.fingerprint(start));
  }
  State crashed = start;
  ++crashed.spent.crashes;
  EXPECT_NE(model.fingerprint(crashed), model.fingerprint(start));
  State led = start;
  led.leader_of[0] = 1;
  EXPECT_NE(model.fingerprint(led), model.fingerprint(start));
  State chosen = start;
  chosen.chosen[0] = {1, 1};
  EXPECT_NE(model.fingerprint(chosen), model.fingerprint(start));
}

}  // namespace
}  // namespace holdfast::explore
