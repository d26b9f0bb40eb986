#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>

#include "lincheck/brute_force.hpp"
#include "lincheck/check.hpp"
#include "lincheck/json_lines.hpp"
#include "lincheck/random_history.hpp"

namespace holdfast::lincheck {
namespace {

// Sanitizers make them ten times as slow, and what they look for is in the first ones, too.
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kHistories = 2000;
#else
constexpr std::uint64_t kHistories = 12'000;
#endif

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::stoull(text) : otherwise;
}

std::string text(const History& history) {
  std::ostringstream out;
  write_history(history, out);
  return out.str();
}

// The history as it was at a time: what had not returned before it, but for `exception`, had no
// outcome yet.
History cut(History history, std::int64_t time, std::optional<std::size_t> exception) {
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (i == exception || history[i].return_ns.value_or(time) < time) continue;
    history[i].return_ns.reset();
    history[i].output = {};
  }
  return history;
}

History only(const History& history, const std::vector<std::size_t>& operations,
             std::int64_t called_until) {
  History part;
  for (const std::size_t i : operations) {
    if (history[i].call_ns <= called_until) part.push_back(history[i]);
  }
  return part;
}

// A partition's orders and failing operation are what check.hpp says of them.
void expect_honest(const History& history, const Partition& partition) {
  if (partition.verdict == Verdict::kLinearizable) {
    ASSERT_EQ(partition.orders.size(), 1u);
    EXPECT_TRUE(is_order(history, partition.operations, partition.orders[0])) << text(history);
    return;
  }
  ASSERT_TRUE(partition.failed_at.has_value());
  const std::int64_t end = *history[*partition.failed_at].return_ns;
  ASSERT_GE(partition.orders.size(), 1u);
  EXPECT_TRUE(is_order(cut(history, end, {}), partition.operations, partition.orders[0]))
      << text(history);
  const History with_failing = cut(history, end, partition.failed_at);
  for (std::size_t i = 1; i < partition.orders.size(); ++i) {
    EXPECT_TRUE(is_order(with_failing, {}, partition.orders[i])) << text(history);
  }
  // Operations that return in the same instant may be needed for it to fail.
  EXPECT_FALSE(has_order(only(cut(history, end + 1, {}), partition.operations, end)))
      << text(history);
}

class RandomHistories : public testing::TestWithParam<std::pair<const char*, Mix>> {};

// Each verdict is compared with that of trying every order, and each order is tried.
TEST_P(RandomHistories, VerdictIsThatOfTryingEveryOrder) {
  const Mix& mix = GetParam().second;
  const std::uint64_t histories = from_environment("HOLDFAST_HISTORIES", kHistories);
  const std::uint64_t seed = from_environment("HOLDFAST_SEED", 1);
  SCOPED_TRACE("HOLDFAST_SEED=" + std::to_string(seed));
  Prng prng(seed);
  std::uint64_t bad = 0;
  for (std::uint64_t i = 0; i < histories && !HasFailure(); ++i) {
    History history = random_history(mix, prng);
    for (std::uint64_t damages = prng.below(4); damages > 0; --damages) damage(history, prng);
    const bool expected = has_order(history);
    for (const ModelKind model : {ModelKind::kKv, ModelKind::kMulti}) {
      Options options;
      options.model = model;
      options.all_partitions = true;
      const Result result = check(history, options);
      ASSERT_EQ(result.verdict, expected ? Verdict::kLinearizable : Verdict::kNotLinearizable)
          << name(model) << "\n"
          << text(history);
      for (const Partition& partition : result.partitions) expect_honest(history, partition);
    }
    bad += expected ? 0 : 1;
  }
  // Both verdicts were put to the test.
  EXPECT_GT(bad, histories / 20);
  EXPECT_LT(bad, histories / 20 * 19);
}

using enum Kind;
INSTANTIATE_TEST_SUITE_P(
    , RandomHistories,
    testing::Values(
        std::pair("Store", Mix{{kPut, kAppend, kAppend, kGet, kGet, kDel}, 1}),
        std::pair("Appends", Mix{{kAppend, kAppend, kGet}, 1}),
        std::pair("UnknownAppends", Mix{{kAppend, kAppend, kGet}, 1, 7, 12, 50}),
        std::pair("UnknownWrites", Mix{{kPut, kAppend, kGet, kDel}, 1, 7, 12, 50}),
        std::pair("Counters", Mix{{kIncr, kIncr, kGet, kPut, kAppend, kDel}, 1, 7, 12, 30}),
        std::pair("UnknownCounters", Mix{{kIncr, kIncr, kGet}, 1, 7, 12, 60}),
        std::pair("TwoKeys", Mix{{kPut, kAppend, kGet, kDel, kIncr}, 2, 7, 12}),
        std::pair("ManyKeys", Mix{{kMset, kMget, kDel, kPut, kAppend, kGet, kIncr}, 3, 7, 12}),
        std::pair("UnknownManyKeys", Mix{{kMset, kMget, kDel, kAppend, kGet, kIncr}, 3, 7, 12, 50}),
        std::pair("DistinctStore",
                  Mix{{kPut, kAppend, kAppend, kGet, kGet, kGet, kDel}, 1, 8, 16, 10, true}),
        std::pair("DistinctWrites", Mix{{kPut, kAppend, kGet, kGet}, 1, 8, 24, 0, true}),
        std::pair("DistinctUnknown", Mix{{kPut, kAppend, kAppend, kGet, kGet}, 1, 8, 16, 40, true}),
        std::pair("DistinctManyKeys", Mix{{kMset, kMget, kDel, kAppend, kGet}, 2, 7, 16, 20, true}),
        std::pair("InOneInstant", Mix{{kPut, kAppend, kGet, kMset, kMget}, 2, 6, 2})),
    [](const auto& parameter) { return parameter.param.first; });

TEST(RandomRegisters, VerdictIsThatOfTheStore) {
  Prng prng(from_environment("HOLDFAST_SEED", 1));
  const Mix registers{{kPut, kGet, kGet}, 2, 7, 12, 30};
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    History history = random_history(registers, prng);
    for (std::uint64_t damages = prng.below(3); damages > 0; --damages) damage(history, prng);
    Options options;
    const Verdict expected = check(history, options).verdict;
    options.model = ModelKind::kRegister;
    ASSERT_EQ(check(history, options).verdict, expected) << text(history);
  }
}

TEST(RandomCounters, VerdictIsThatOfTheStoreWhoseCountersAreThereFromTheStart) {
  Prng prng(from_environment("HOLDFAST_SEED", 1));
  const Mix counters{{kIncr, kIncr, kGet}, 2, 7, 12, 40};
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    History history = random_history(counters, prng);
    for (std::uint64_t damages = prng.below(3); damages > 0; --damages) damage(history, prng);
    for (Operation& operation : history) {
      if (auto* found = std::get_if<std::vector<Found>>(&operation.output)) {
        found->front() = found->front().value_or("0");
      }
    }
    History with_start = history;
    for (const char* key : {"k", "l"}) {
      Operation start = put(100, key, "0", -101);
      start.return_ns = -100;
      with_start.push_back(start);
    }
    Options options;
    const Verdict expected = check(with_start, options).verdict;
    options.model = ModelKind::kCounter;
    ASSERT_EQ(check(history, options).verdict, expected) << text(history);
  }
}

}  // namespace
}  // namespace holdfast::lincheck
