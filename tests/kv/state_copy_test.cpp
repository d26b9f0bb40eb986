#include <gtest/gtest.h>

#include <algorithm>

#include "base/prng.hpp"
#include "copies.hpp"
#include "machine.hpp"

namespace holdfast::kv {
namespace {

std::size_t longest_of(const Pieces& pieces) {
  std::size_t longest = 0;
  for (const std::string& piece : pieces) longest = std::max(longest, piece.size());
  return longest;
}

void set_many(Machine& machine, const std::string& prefix, int count) {
  std::vector<Words> sets;
  for (int i = 0; i < count; ++i) sets.push_back({"SET", prefix + std::to_string(i), "value"});
  machine.run_all(sets);
}

class RandomCopy : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomCopy, WhileTheStateChanges_IsTheStateAtItsBeginning) {
  for (std::uint64_t i = 0; i < 5; ++i) {
    const std::uint64_t seed = GetParam() * 5 + i;
    EXPECT_EQ(broken_copy(seed), "") << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCopy, testing::Range<std::uint64_t>(0, 8));

TEST(Copy, OfAnEmptyState_IsOnePiece) {
  StateMachine empty;
  const Pieces pieces = copy_of(empty);
  EXPECT_EQ(pieces.size(), 1u);
  EXPECT_FALSE(empty.is_copying());
  auto built = built_of(pieces);
  ASSERT_TRUE(built);
  EXPECT_EQ(built->digest(), empty.digest());
}

TEST(Copy, OfKeysSessionsAndOrigins_AnswersAsTheOriginal) {
  Machine machine;
  const std::string session = std::to_string(machine.open_session());
  const Words append = {"ONCE", session, "1", "APPEND", "k", "x"};
  machine.run(append);
  auto built = built_of(copy_of(machine.state()));
  ASSERT_TRUE(built);
  EXPECT_EQ(built->applied_index(), machine.state().applied_index());
  EXPECT_EQ(built->cluster_time_ms(), machine.state().cluster_time_ms());
  EXPECT_EQ(built->session_reply_bytes(), machine.state().session_reply_bytes());
  machine.state() = std::move(*built);
  EXPECT_EQ(machine.run(append), Reply::integer(1));  // the origin's numbers go on as well
  EXPECT_EQ(machine.run({"SESSION", "OPEN"}), Reply::integer(5 * 1024));
  EXPECT_EQ(machine.read({"GET", "k"}), b("x"));
}

TEST(Copy, WithoutABeginning_HasNoPieces) {
  Machine machine;
  machine.run({"SET", "k", "v"});
  EXPECT_FALSE(machine.state().is_copying());
  EXPECT_EQ(machine.state().next_piece(100), "");
}

TEST(Copy, Abandoned_KeepsNothing) {
  Machine machine;
  machine.run({"SET", "k", "v"});
  machine.state().begin_copy();
  machine.run({"SET", "k", "w"});
  machine.run({"FLUSHALL"});
  EXPECT_GT(machine.state().copy_bytes_waiting(), 0u);
  machine.state().abandon_copy();
  EXPECT_FALSE(machine.state().is_copying());
  EXPECT_EQ(machine.state().copy_bytes_waiting(), 0u);
  EXPECT_EQ(machine.state().next_piece(100), "");
}

TEST(Copy, BegunAgain_IsOfTheStateAsItIsThen) {
  Machine machine;
  set_many(machine, "k", 100);
  machine.state().begin_copy();
  static_cast<void>(machine.state().next_piece(1));
  static_cast<void>(machine.state().next_piece(500));
  set_many(machine, "l", 100);
  machine.run({"DEL", "k1", "k2", "k3"});
  const auto digest = machine.state().digest();
  auto built = built_of(copy_of(machine.state()));
  ASSERT_TRUE(built);
  EXPECT_EQ(built->digest(), digest);
}

TEST(Copy, OfAllThatThereIsOrOfNothingAtATime_IsTheSame) {
  Machine machine;
  machine.open_session();
  machine.open_session();
  set_many(machine, "k", 100);
  const Pieces large = copy_of(machine.state(), SIZE_MAX);
  const Pieces small = copy_of(machine.state(), 0);
  EXPECT_EQ(large.size(), 3u);
  EXPECT_GE(small.size(), 103u);
  EXPECT_EQ(digest_of(large), machine.state().digest());
  EXPECT_EQ(digest_of(small), machine.state().digest());
}

TEST(Copy, MovedWithItsStateMachine_GoesOn) {
  Machine machine;
  set_many(machine, "k", 100);
  const auto digest = machine.state().digest();
  machine.state().begin_copy();
  Pieces pieces = {machine.state().next_piece(100), machine.state().next_piece(100)};
  StateMachine moved = std::move(machine.state());
  std::ranges::move(rest_of_copy(moved, 100), std::back_inserter(pieces));
  EXPECT_EQ(digest_of(pieces), digest);
}

// No pause, in what can be counted: pieces are no longer than asked for by more than a pair, and a
// change keeps its own pair only.
TEST(Copy, OfOneLargeSlot_IsSplitAndAChangeKeepsOnePair) {
  Machine machine;
  set_many(machine, "{t}", 20'000);
  const auto digest = machine.state().digest();
  machine.state().begin_copy();
  Pieces pieces;
  for (int i = 0; i < 20; ++i) pieces.push_back(machine.state().next_piece(1000));
  machine.run({"SET", "{t}new", "value"});
  int kept = 0;  // of those that the pieces do not have yet
  for (int i = 0; i < 100; ++i) {
    machine.run({"SET", "{t}" + std::to_string(i), "longer value"});
    const auto waiting = machine.state().copy_bytes_waiting();
    EXPECT_LE(waiting, 12u);
    kept += waiting > 0 ? 1 : 0;
    pieces.push_back(machine.state().next_piece(1000));
  }
  EXPECT_GT(kept, 50);
  std::ranges::move(rest_of_copy(machine.state(), 1000), std::back_inserter(pieces));
  EXPECT_LE(longest_of(pieces), 1100u);
  EXPECT_GT(pieces.size(), 300u);
  EXPECT_EQ(digest_of(pieces), digest);
}

// The table's pairs move under the walk; those that it has are not written again.
TEST(Copy, OfASlotThatGrowsMeanwhile_HasEachPairOnce) {
  Machine machine;
  set_many(machine, "{t}", 1000);
  const auto digest = machine.state().digest();
  machine.state().begin_copy();
  Pieces pieces;
  for (int i = 0; machine.state().is_copying(); ++i) {
    pieces.push_back(machine.state().next_piece(200));
    set_many(machine, "{t}new" + std::to_string(i) + "_", 10);
  }
  pieces.pop_back();
  auto built = built_of(pieces);
  ASSERT_TRUE(built);
  EXPECT_EQ(built->key_count(), 1000u);
  EXPECT_EQ(built->digest(), digest);
}

// Kills: a walk that goes on in a part that was divided.
TEST(Copy, OfALargeSlotThatIsFilledAndEmptiedMeanwhile_HasEachPairOnce) {
  constexpr int kKeys = 10'000;
  for (const int emptied : {1'000, kKeys}) {
    Machine machine;
    set_many(machine, "{t}", kKeys);
    const auto digest = machine.state().digest();
    machine.state().begin_copy();
    Pieces pieces;
    for (int i = 0; machine.state().is_copying(); ++i) {
      pieces.push_back(machine.state().next_piece(2'000));
      if (emptied < kKeys) set_many(machine, "{t}new" + std::to_string(i) + "_", 100);
      std::vector<Words> dels;
      for (int k = i; k < emptied; k += 50) dels.push_back({"DEL", "{t}" + std::to_string(k)});
      if (i < 50 && !dels.empty()) machine.run_all(dels);
    }
    pieces.pop_back();
    EXPECT_EQ(digest_of(pieces), digest);
  }
}

TEST(Copy, OfASlotThatIsEmptiedAndFilledMeanwhile_IsAsItWas) {
  Machine machine;
  set_many(machine, "{t}", 100);
  const auto digest = machine.state().digest();
  machine.state().begin_copy();
  Pieces pieces = {machine.state().next_piece(1), machine.state().next_piece(300)};
  Words del = {"DEL"};
  for (int i = 0; i < 100; ++i) del.push_back("{t}" + std::to_string(i));
  machine.run(del);
  set_many(machine, "{t}", 200);
  std::ranges::move(rest_of_copy(machine.state(), 300), std::back_inserter(pieces));
  EXPECT_EQ(digest_of(pieces), digest);
}

class FlushedCopy : public testing::TestWithParam<const char*> {};

TEST_P(FlushedCopy, InTheMiddle_HasAllAndGivesItsMemoryBackByAndBy) {
  Machine machine;
  set_many(machine, GetParam(), 2000);
  const auto digest = machine.state().digest();
  const auto bytes = machine.state().state_bytes();
  machine.state().begin_copy();
  Pieces pieces;
  while (size_of(pieces) < bytes / 2) pieces.push_back(machine.state().next_piece(500));
  machine.run({"FLUSHALL"});
  EXPECT_EQ(machine.state().state_bytes(), 0u);
  EXPECT_EQ(machine.state().copy_bytes_waiting(), bytes);
  set_many(machine, "k", 100);
  machine.run({"FLUSHALL"});
  set_many(machine, "k", 50);
  for (auto last = bytes; machine.state().is_copying();) {
    pieces.push_back(machine.state().next_piece(500));
    const auto waiting = machine.state().copy_bytes_waiting();
    EXPECT_LE(waiting, last);
    EXPECT_GE(waiting + 1500, last);
    last = waiting;
  }
  pieces.pop_back();
  EXPECT_EQ(digest_of(pieces), digest);
  EXPECT_EQ(machine.state().key_count(), 50u);
}

INSTANTIATE_TEST_SUITE_P(SlotsAndASlot, FlushedCopy, testing::Values("k", "{t}"));

TEST(Copy, OfALongValueThatIsAppendedTo_HasItAsItWas) {
  Machine machine;
  const std::string text(300'000, 'x');
  machine.run({"SET", "k", text});
  const auto digest = machine.state().digest();
  machine.state().begin_copy();
  Pieces pieces = {machine.state().next_piece(1)};
  for (int i = 0; i < 3; ++i) machine.run({"APPEND", "k", "more"});
  EXPECT_EQ(machine.state().copy_bytes_waiting(), 1 + text.size());
  std::ranges::move(rest_of_copy(machine.state(), 1), std::back_inserter(pieces));
  EXPECT_GT(longest_of(pieces), text.size());
  EXPECT_EQ(digest_of(pieces), digest);
}

TEST(Copy, OfFullSessions_SplitsBetweenThemAndKeepsThoseThatChange) {
  Machine machine;
  std::vector<std::string> sessions;
  for (int i = 0; i < 100; ++i) sessions.push_back(std::to_string(machine.open_session()));
  const auto fill = [&](int from, int to) {
    std::vector<Words> requests;
    for (const std::string& session : sessions) {
      for (int n = from; n < to; ++n) {
        requests.push_back({"ONCE", session, std::to_string(n), "INCR", "k"});
      }
    }
    machine.run_all(requests);
  };
  fill(1, 51);
  const auto digest = machine.state().digest();
  machine.state().begin_copy();
  Pieces pieces = {machine.state().next_piece(1), machine.state().next_piece(10'000)};
  fill(51, 60);
  machine.run({"SESSION", "CLOSE", sessions.back()});
  EXPECT_GT(machine.state().copy_bytes_waiting(), 100'000u);
  std::ranges::move(rest_of_copy(machine.state(), 10'000), std::back_inserter(pieces));
  EXPECT_LE(longest_of(pieces), 12'000u);
  EXPECT_EQ(digest_of(pieces), digest);
}

TEST(StateBytes, AreAboutWhatACopyTakes) {
  Machine machine;
  for (int i = 0; i < 2000; ++i) {
    machine.run({"SET", "key" + std::to_string(i), std::string(100, 'x')});
  }
  machine.run({"APPEND", "key1", std::string(5000, 'y')});
  machine.run({"DEL", "key2", "key3"});
  const auto bytes = static_cast<double>(machine.state().state_bytes());
  EXPECT_NEAR(static_cast<double>(size_of(copy_of(machine.state()))), bytes, bytes / 20);
  machine.run({"FLUSHALL"});
  EXPECT_EQ(machine.state().state_bytes(), 0u);
}

}  // namespace
}  // namespace holdfast::kv
