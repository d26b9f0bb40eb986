// Histories of thousands of operations: that they are decided, how, and within which limits.

#include <gtest/gtest.h>

#include <string>

#include "lincheck/brute_force.hpp"
#include "lincheck/check.hpp"
#include "lincheck/client_history.hpp"

namespace holdfast::lincheck {
namespace {

// What a check may take; a search that goes astray takes a thousand times as much.
Options within(std::uint64_t steps) {
  Options options;
  options.steps_max = steps;
  return options;
}

class LargeHistories : public testing::TestWithParam<std::pair<const char*, Clients>> {};

TEST_P(LargeHistories, WithoutAFault_IsLinearizableByAnOrderThatHolds) {
  const History history = client_history(GetParam().second);
  const Result result = check(history, within(1'000'000));
  EXPECT_EQ(result.verdict, Verdict::kLinearizable);
  for (const Partition& partition : result.partitions) {
    ASSERT_EQ(partition.orders.size(), 1u);
    EXPECT_TRUE(is_order(history, partition.operations, partition.orders[0]));
  }
}

TEST_P(LargeHistories, WithAStaleRead_FailsThere) {
  History history = client_history(GetParam().second);
  const std::size_t stale = make_stale(history, 10);
  const Result result = check(history, within(1'000'000));
  ASSERT_EQ(result.verdict, Verdict::kNotLinearizable);
  EXPECT_EQ(result.failure()->failed_at, stale) << result.text(history);
}

INSTANTIATE_TEST_SUITE_P(
    , LargeHistories,
    testing::Values(
        std::pair("C50", Clients{}), std::pair("C50WithLengths", Clients{.lengths = true}),
        std::pair("C50WithoutPuts", Clients{.put_percent = 0}),
        std::pair("C50OnOneKey", Clients{.keys = 1}),
        std::pair("C50OnOneKeyWithoutPuts", Clients{.keys = 1, .put_percent = 0, .lengths = true}),
        std::pair("C50UnknownOutcomes", Clients{.unknown_percent = 10}),
        std::pair("C50UnknownOutcomesWithLengths", Clients{.unknown_percent = 10, .lengths = true}),
        std::pair("C50MostlyPuts", Clients{.put_percent = 50, .get_percent = 40})),
    [](const auto& parameter) { return parameter.param.first; });

TEST(Limits, OfSteps_EndsWithUnknownAndTheLongestOrder) {
  const History history = client_history({});
  const Result result = check(history, within(1000));
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_LE(result.steps, 1000u);
  EXPECT_EQ(result.failure(), nullptr);
  const Partition& begun = result.partitions[0];
  ASSERT_EQ(begun.orders.size(), 1u);
  EXPECT_TRUE(is_order(history, {}, begun.orders[0]));
  EXPECT_GT(begun.orders[0].size(), 100u);
  EXPECT_EQ(result.text(history), "unknown: a limit was met with 10 parts unsettled\n");
}

TEST(Limits, OfMemory_EndsWithUnknown) {
  const History history = client_history({.keys = 1});
  Options options;
  options.memory_bytes_max = 100'000;
  const Result result = check(history, options);
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
}

TEST(Limits, GivingUp_EndsWithUnknownAfterFewMoreSteps) {
  const History history = client_history({.keys = 1});
  Options options;
  std::uint64_t looks = 0;
  options.give_up = [&](const Progress& progress) {
    EXPECT_EQ(progress.partitions, 1u);
    return ++looks == 2;
  };
  EXPECT_EQ(check(history, options).verdict, Verdict::kUnknown);
  EXPECT_EQ(looks, 2u);
}

TEST(Limits, HardPartition_DoesNotHideAnEasyFailure) {
  // 22 puts of two values, all at once, and a get that none of their orders explains.
  History history;
  for (std::uint64_t i = 0; i < 44; ++i) {
    Operation hard = i % 2 == 0 ? append(i, "hard", i % 4 == 0 ? "a" : "b", 0)
                                : put(i, "hard", i % 4 == 1 ? "a" : "b", 0);
    hard.return_ns = 100;
    history.push_back(hard);
  }
  Operation impossible = get(100, "hard", 0);
  impossible.return_ns = 100;
  impossible.output = std::vector<Found>{std::string(30, 'a') + "b"};
  history.push_back(impossible);
  EXPECT_EQ(check(history, within(300'000)).verdict, Verdict::kUnknown);

  Operation stale = get(101, "easy", 0);
  stale.return_ns = 1;
  stale.output = std::vector<Found>{"from nowhere"};
  history.push_back(stale);
  EXPECT_EQ(check(history, within(300'000)).verdict, Verdict::kNotLinearizable);
}

TEST(Large, SameHistory_TakesTheSameSteps) {
  History history = client_history({.operations = 2000, .unknown_percent = 5});
  make_stale(history, 50);
  const Result first = check(history);
  const Result second = check(history);
  EXPECT_EQ(first.steps, second.steps);
  EXPECT_EQ(first.states, second.states);
  EXPECT_EQ(first.text(history), second.text(history));
}

TEST(Large, TenThousandIdenticalUnknownIncrements_AreOneChoiceEach) {
  History history;
  for (std::uint64_t i = 0; i < 10'000; ++i) history.push_back(incr(i, "n", 1, 0));
  Operation read = get(0, "n", 10);
  read.return_ns = 20;
  read.output = std::vector<Found>{"3000"};
  history.push_back(read);
  EXPECT_EQ(check(history, within(100'000'000)).verdict, Verdict::kLinearizable);
}

}  // namespace
}  // namespace holdfast::lincheck
