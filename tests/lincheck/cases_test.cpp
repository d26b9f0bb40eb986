// Small histories whose verdict can be seen by reading them.

#include "lincheck/cases.hpp"

#include <gtest/gtest.h>

#include "lincheck/check.hpp"

namespace holdfast::lincheck {
namespace {

constexpr Verdict kGood = Verdict::kLinearizable;
constexpr Verdict kBad = Verdict::kNotLinearizable;
constexpr std::int64_t kOne = 1;
constexpr std::int64_t kTwo = 2;

Verdict verdict(const History& history, ModelKind model = ModelKind::kKv) {
  Options options;
  options.model = model;
  return check(history, options).verdict;
}

TEST(Cases, EmptyHistory_IsLinearizable) {
  EXPECT_EQ(verdict({}), kGood);
}

TEST(Cases, StaleRead_IsNot) {
  EXPECT_EQ(verdict({returned(put(1, "k", "old", 0), 10), returned(put(1, "k", "new", 20), 30),
                     returned(get(2, "k", 40), 50, "old")}),
            kBad);
}

TEST(Cases, ReadConcurrentWithAWrite_MayBeOldOrNew) {
  for (const char* found : {"old", "new"}) {
    EXPECT_EQ(verdict({returned(put(1, "k", "old", 0), 10), returned(put(1, "k", "new", 20), 60),
                       returned(get(2, "k", 30), 40, found)}),
              kGood);
  }
}

TEST(Cases, ReadThatGoesBackBehindAnotherRead_IsNot) {
  EXPECT_EQ(verdict({returned(put(1, "k", "old", 0), 10), returned(put(1, "k", "new", 20), 90),
                     returned(get(2, "k", 30), 40, "new"), returned(get(3, "k", 50), 60, "old")}),
            kBad);
}

TEST(Cases, LostWrite_IsNot) {
  EXPECT_EQ(verdict({returned(append(1, "k", "a", 0), 10), returned(append(2, "k", "b", 20), 30),
                     returned(get(1, "k", 40), 50, "a")}),
            kBad);
}

TEST(Cases, AppendAppliedTwice_IsNot) {
  EXPECT_EQ(verdict({returned(append(1, "k", "a", 0), 10), returned(get(1, "k", 20), 30, "aa")}),
            kBad);
}

TEST(Cases, ConcurrentAppends_TakeEffectInEitherOrderButOne) {
  const Operation a = returned(append(1, "k", "a", 0), 10);
  const Operation b = returned(append(2, "k", "b", 5), 15);
  EXPECT_EQ(verdict({a, b, returned(get(3, "k", 20), 30, "ab")}), kGood);
  EXPECT_EQ(verdict({a, b, returned(get(3, "k", 20), 30, "ba")}), kGood);
  EXPECT_EQ(
      verdict({a, b, returned(get(3, "k", 20), 30, "ab"), returned(get(4, "k", 20), 30, "ba")}),
      kBad);
}

TEST(Cases, AppendsOneAfterTheOther_DoNotSwap) {
  EXPECT_EQ(verdict({returned(append(1, "k", "a", 0), 10), returned(append(2, "k", "b", 11), 15),
                     returned(get(3, "k", 20), 30, "ba")}),
            kBad);
}

TEST(Cases, CallInTheInstantOfAReturn_Overlaps) {
  EXPECT_EQ(verdict({returned(append(1, "k", "a", 0), 10), returned(append(2, "k", "b", 10), 15),
                     returned(get(3, "k", 20), 30, "ba")}),
            kGood);
}

TEST(Cases, UnknownOutcome_MayHaveTakenEffectOrNot) {
  const Operation lost = append(1, "k", "a", 0);
  EXPECT_EQ(verdict({lost, returned(get(2, "k", 20), 30, "a")}), kGood);
  EXPECT_EQ(verdict({lost, returned(get(2, "k", 20), 30, std::nullopt)}), kGood);
}

TEST(Cases, UnknownOutcome_MayTakeEffectMuchLaterButNotBack) {
  const Operation lost = append(1, "k", "a", 0);
  const Operation early = returned(get(2, "k", 20), 30, std::nullopt);
  EXPECT_EQ(verdict({lost, early, returned(get(2, "k", 1000), 1010, "a")}), kGood);
  EXPECT_EQ(verdict({lost, returned(get(2, "k", 20), 30, "a"),
                     returned(get(2, "k", 1000), 1010, std::nullopt)}),
            kBad);
}

TEST(Cases, UnknownOutcome_TakesEffectOnceAndNotBeforeItsCall) {
  const Operation lost = append(1, "k", "a", 10);
  EXPECT_EQ(verdict({lost, returned(get(2, "k", 20), 30, "aa")}), kBad);
  EXPECT_EQ(verdict({lost, returned(get(2, "k", 0), 5, "a")}), kBad);
}

TEST(Cases, MissingKey_IsNoEmptyValue) {
  EXPECT_EQ(verdict({returned(get(1, "k", 0), 10, std::nullopt)}), kGood);
  EXPECT_EQ(verdict({returned(get(1, "k", 0), 10, "")}), kBad);
  EXPECT_EQ(verdict({returned(put(1, "k", "", 0), 10), returned(get(1, "k", 20), 30, "")}), kGood);
  EXPECT_EQ(
      verdict({returned(put(1, "k", "", 0), 10), returned(get(1, "k", 20), 30, std::nullopt)}),
      kBad);
  EXPECT_EQ(verdict({returned(append(1, "k", "", 0), 10), returned(get(1, "k", 20), 30, "")}),
            kGood);
}

TEST(Cases, LengthOfAnAppend_IsChecked) {
  const Operation first = returned(append(1, "k", "ab", 0), 10, kTwo);
  EXPECT_EQ(verdict({first, returned(append(1, "k", "c", 20), 30, std::int64_t{3})}), kGood);
  EXPECT_EQ(verdict({first, returned(append(1, "k", "c", 20), 30, kOne)}), kBad);
}

TEST(Cases, NumberOfAnIncr_IsChecked) {
  const Operation first = returned(incr(1, "n", 1, 0), 10, kOne);
  EXPECT_EQ(verdict({first, returned(incr(2, "n", 1, 20), 30, kTwo)}), kGood);
  EXPECT_EQ(verdict({first, returned(incr(2, "n", 1, 20), 30, kOne)}), kBad);
  EXPECT_EQ(verdict({first, returned(get(2, "n", 20), 30, "1")}), kGood);
  EXPECT_EQ(verdict({returned(put(1, "n", "x", 0), 10), returned(incr(2, "n", 1, 20), 30, kOne)}),
            kBad);
}

TEST(Cases, NumberThatAnAppendMade_CanBeIncremented) {
  const History history{returned(put(1, "n", "4", 0), 10), returned(append(1, "n", "1", 20), 30),
                        incr(2, "n", 1, 0), returned(get(1, "n", 40), 50, "42")};
  EXPECT_EQ(verdict(history), kGood);
}

TEST(Cases, CountOfADel_IsChecked) {
  const Operation written = returned(mset(1, {"a", "b"}, {"1", "2"}, 0), 10);
  EXPECT_EQ(verdict({written, returned(del(1, {"a", "b", "c"}, 20), 30, kTwo)}), kGood);
  EXPECT_EQ(verdict({written, returned(del(1, {"a", "b", "c"}, 20), 30, kOne)}), kBad);
  EXPECT_EQ(verdict({written, returned(del(1, {"a", "a"}, 20), 30, kOne)}), kGood);
}

TEST(Cases, MsetThatIsSeenInHalf_IsNot) {
  const Operation written = returned(mset(1, {"a", "b"}, {"1", "2"}, 0), 50);
  EXPECT_EQ(verdict({written, returned(mget(2, {"a", "b"}, 10), 20, {"1", std::nullopt})}), kBad);
  EXPECT_EQ(verdict({written, returned(mget(2, {"a", "b"}, 10), 20, {"1", "2"})}), kGood);
  // Two gets may see it in between, in one order only.
  const Operation b_missing = returned(get(2, "b", 10), 20, std::nullopt);
  EXPECT_EQ(verdict({written, b_missing, returned(get(2, "a", 30), 40, "1")}), kGood);
  EXPECT_EQ(verdict({written, returned(get(2, "a", 10), 20, "1"),
                     returned(get(2, "b", 30), 40, std::nullopt)}),
            kBad);
}

TEST(Cases, WritesSkewedAcrossKeys_AreNot) {
  // Each client sees the other's write missing behind its own: fine for each key alone.
  const History history{returned(put(1, "a", "1", 0), 10), returned(put(2, "b", "1", 0), 10),
                        returned(mget(1, {"a", "b"}, 20), 30, {"1", std::nullopt})};
  EXPECT_EQ(verdict(history), kBad);
}

TEST(Cases, RegisterAndCounter_KnowTheirOperationsOnly) {
  EXPECT_EQ(verdict({returned(put(1, "k", "a", 0), 10), returned(get(2, "k", 20), 30, "a")},
                    ModelKind::kRegister),
            kGood);
  EXPECT_EQ(verdict({returned(incr(1, "k", 2, 0), 10, kTwo), returned(get(2, "k", 20), 30, "3")},
                    ModelKind::kCounter),
            kBad);
  EXPECT_EQ(defect(append(1, "k", "a", 0), ModelKind::kRegister), "a register has no append");
  EXPECT_EQ(defect(put(1, "k", "a", 0), ModelKind::kCounter), "a counter has no put");
  EXPECT_EQ(defect(mget(1, {"k"}, 0), ModelKind::kMulti), std::nullopt);
}

TEST(Cases, Failure_NamesTheKeyTheOperationAndAnOrderUntilThen) {
  const History history{returned(put(1, "other", "x", 0), 1),
                        returned(append(1, "k", "a", 0), 10, kOne),
                        returned(append(2, "k", "b", 20), 30, kTwo),
                        returned(get(3, "k", 40), 50, "a"), returned(get(3, "k", 60), 70, "ab")};
  const Result result = check(history);
  ASSERT_NE(result.failure(), nullptr);
  EXPECT_EQ(result.failure()->keys, std::vector<std::string>{"k"});
  EXPECT_EQ(result.failure()->failed_at, 3u);
  EXPECT_EQ(result.failure()->orders.front(), (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(result.text(history),
            "not linearizable: key \"k\", 4 operations\n"
            "  no order explains the answer of\n"
            "    client 3: get \"k\" -> \"a\"  [40, 50]\n"
            "  until then an order of 2 operations explains all; it ends with\n"
            "    client 1: append \"k\" \"a\" -> 1  [0, 10]\n"
            "    client 2: append \"k\" \"b\" -> 2  [20, 30]\n"
            "  and leaves \"k\" = \"ab\"\n");
}

TEST(Cases, KeysThatNoOperationTies_AreCheckedOneByOne) {
  const History history{returned(put(1, "a", "1", 0), 10), returned(put(1, "b", "1", 0), 10),
                        returned(mget(2, {"b", "c"}, 0), 10, {std::nullopt, std::nullopt}),
                        returned(get(2, "d", 0), 10, "?")};
  Options options;
  options.all_partitions = true;
  const Result result = check(history, options);
  ASSERT_EQ(result.partitions.size(), 3u);
  EXPECT_EQ(result.partitions[1].keys, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(result.partitions[0].verdict, kGood);
  EXPECT_EQ(result.partitions[1].verdict, kGood);
  EXPECT_EQ(result.partitions[2].verdict, kBad);
  EXPECT_EQ(result.failure(), &result.partitions[2]);
}

}  // namespace
}  // namespace holdfast::lincheck
