#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/prng.hpp"
#include "lincheck/brute_force.hpp"
#include "lincheck/cases.hpp"
#include "lincheck/check.hpp"
#include "lincheck/json_lines.hpp"
#include "lincheck/random_history.hpp"
#include "lincheck/store.hpp"

namespace holdfast::lincheck {
namespace {

Operation expiring_put(std::uint64_t client, const char* value, std::int64_t call_ns,
                       std::int64_t expires_ns) {
  Operation operation = put(client, "k", value, call_ns);
  operation.expires_ns = expires_ns;
  return operation;
}

Verdict judge(const History& history) {
  return check(history).verdict;
}

constexpr Verdict kYes = Verdict::kLinearizable;
constexpr Verdict kNo = Verdict::kNotLinearizable;
constexpr std::int64_t kNone = 0;

TEST(Expiring, Value_MayBeGoneFromItsTimeOn) {
  const Operation set = returned(expiring_put(1, "v", 0, 50), 10);
  EXPECT_EQ(judge({set, returned(get(2, "k", 60), 70, "v")}), kYes) << "nobody was there to see";
  EXPECT_EQ(judge({set, returned(get(2, "k", 40), 50, std::nullopt)}), kYes);
  EXPECT_EQ(judge({set, returned(get(2, "k", 40), 49, std::nullopt)}), kNo) << "before its time";
  EXPECT_EQ(judge({set, returned(del(2, {"k"}, 40), 50, kNone)}), kYes);
  EXPECT_EQ(judge({set, returned(del(2, {"k"}, 40), 49, kNone)}), kNo);
}

TEST(Expiring, ValueThatIsGone_ComesNotBack) {
  const Operation set = returned(expiring_put(1, "v", 0, 50), 10);
  const Operation miss = returned(get(2, "k", 60), 70, std::nullopt);
  EXPECT_EQ(judge({set, miss, returned(get(2, "k", 80), 90, "v")}), kNo);
  EXPECT_EQ(judge({set, miss, returned(persist(2, "k", 80), 90, 1)}), kNo);
  EXPECT_EQ(judge({set, miss, returned(del(2, {"k"}, 80), 90, 1)}), kNo);
}

TEST(Expiring, ValueWithoutATime_Stays) {
  const Operation set = returned(expiring_put(1, "v", 0, 50), 10);
  const Operation miss = returned(get(2, "k", 60), 70, std::nullopt);
  EXPECT_EQ(judge({set, returned(put(1, "k", "w", 20), 30), miss}), kNo) << "overwritten";
  EXPECT_EQ(judge({set, returned(persist(1, "k", 20), 30, 1), miss}), kNo) << "told to stay";
  EXPECT_EQ(judge({set, returned(persist(1, "k", 20), 60, kNone), miss}), kYes) << "told too late";
  EXPECT_EQ(judge({set, persist(1, "k", 20), miss}), kYes) << "nobody knows whether it came";
}

TEST(Expiring, KeyWithOtherOperations_IsUnknown) {
  const Operation set = returned(expiring_put(1, "v", 0, 50), 10);
  EXPECT_EQ(judge({set, returned(append(1, "k", "w", 20), 30, 2)}), Verdict::kUnknown);
}

TEST(Expiring, Line_IsReadAsWritten) {
  const History history{expiring_put(1, "v", 0, 50), returned(persist(2, "k", 1), 3, 1)};
  std::stringstream text;
  write_history(history, text);
  EXPECT_EQ(read_history(text), history);
  EXPECT_TRUE(defect(returned(persist(1, "k", 0), 1)).has_value());
  Operation wrong = returned(get(1, "k", 0), 1, "v");
  wrong.expires_ns = 5;
  EXPECT_TRUE(defect(wrong).has_value());
}

// Tries every order, and in each place whether the value expires there.
bool has_expiring_order(const History& history, Operation value, std::vector<bool>& done) {
  const auto is_open = [&](std::size_t i) { return !done[i] && history[i].return_ns; };
  bool complete = true;
  for (std::size_t i = 0; i < history.size(); ++i) complete = complete && !is_open(i);
  if (complete) return true;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const Operation& operation = history[i];
    const auto precedes = [&](std::size_t j) {
      return is_open(j) && *history[j].return_ns < operation.call_ns;
    };
    bool may_be_next = !done[i];
    for (std::size_t j = 0; j < history.size(); ++j) may_be_next = may_be_next && !precedes(j);
    // Nobody knows when an operation took effect that has not returned; it needs nothing gone.
    const bool may_expire =
        value.expires_ns && operation.return_ns && *value.expires_ns <= *operation.return_ns;
    for (const bool expires : {false, true}) {
      if (!may_be_next || (expires && !may_expire)) continue;
      Operation next = expires ? Operation{} : value;
      const bool is_there = !next.values.empty();
      Output answer = Output();
      if (operation.kind == Kind::kPut) next = operation;
      if (operation.kind == Kind::kGet)
        answer = std::vector<Found>{is_there ? Found(next.values[0]) : Found()};
      if (operation.kind == Kind::kDel) answer = std::int64_t{is_there};
      if (operation.kind == Kind::kDel) next = {};
      if (operation.kind == Kind::kPersist) answer = std::int64_t{next.expires_ns.has_value()};
      if (operation.kind == Kind::kPersist) next.expires_ns.reset();
      if (!agrees(operation, answer)) continue;
      done[i] = true;
      const bool found = has_expiring_order(history, next, done);
      done[i] = false;
      if (found) return true;
    }
  }
  return false;
}

// Without expiry it would be linearizable, but for what was damaged; so some values are gone.
History random_expiring_history(Prng& prng) {
  using enum Kind;
  History history = random_history({{kPut, kPut, kGet, kGet, kDel}, 1, 7, 12, 25}, prng);
  for (Operation& operation : history) {
    operation.keys.resize(1);
    const bool expires = operation.kind == kPut && prng.below(3) != 0;
    if (expires) {
      operation.expires_ns = operation.call_ns + static_cast<std::int64_t>(prng.below(6));
    }
    if (operation.kind == kPut && prng.below(3) == 0) {
      operation = persist(operation.client, "k", operation.call_ns);
      operation.return_ns = operation.call_ns + 2;
      operation.output = static_cast<std::int64_t>(prng.below(2));
    } else if (operation.kind == kGet && operation.return_ns && prng.below(3) == 0) {
      operation.output = std::vector<Found>{std::nullopt};
    }
  }
  if (prng.below(2) == 0) damage(history, prng);
  return history;
}

TEST(Expiring, RandomHistory_VerdictIsThatOfTryingEveryOrder) {
  Prng prng(1);
  int good = 0, checked = 0;
  for (int i = 0; i < 20'000; ++i) {
    const History history = random_expiring_history(prng);
    const auto is_wrong = [](const Operation& each) { return defect(each).has_value(); };
    if (std::ranges::any_of(history, is_wrong)) continue;
    std::vector<bool> done(history.size());
    const bool expected = has_expiring_order(history, {}, done);
    std::stringstream text;
    write_history(history, text);
    const Result result = check(history);
    ASSERT_EQ(result.verdict, expected ? kYes : kNo) << text.str();
    for (const Partition& part : result.partitions) {
      if (!expected) continue;
      EXPECT_TRUE(is_order(history, part.operations, part.orders[0])) << text.str();
    }
    ++checked;
    good += expected ? 1 : 0;
  }
  EXPECT_GT(good, checked / 10);
  EXPECT_LT(good, checked * 9 / 10);
}

}  // namespace
}  // namespace holdfast::lincheck
