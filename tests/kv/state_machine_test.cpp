#include "kv/state_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/prng.hpp"
#include "machine.hpp"

namespace holdfast::kv {
namespace {

using Lines = std::vector<std::string>;

// Applies entries by hand, as they come from the log.
class Log {
 public:
  Lines apply(std::uint64_t index, const BatchText& batch) {
    heard_ = Heard();
    machine.apply(Index(index), batch.bytes(), heard_);
    return heard_.lines;
  }
  std::string get(const std::string& key) {
    const Reply reply = machine.read(views({"GET", key}));
    const auto* bulk = std::get_if<Reply::Bulk>(&reply.value);
    return bulk == nullptr ? "(none)" : std::string(bulk->bytes.view());
  }

  StateMachine machine;

 private:
  Heard heard_;
};

std::vector<Words> appends(const std::string& letters) {
  std::vector<Words> commands;
  for (const char c : letters) commands.push_back({"APPEND", "k", std::string(1, c)});
  return commands;
}

TEST(Origin, NumberedCommands_AreAppliedInOrder) {
  Log log;
  EXPECT_EQ(log.apply(3, BatchText().open(2, 77)), Lines{"opened 2 nonce 77 3"});
  EXPECT_EQ(log.apply(4, BatchText().commands(2, 3, 1, appends("ab"))),
            (Lines{"applied 2 3 1", "applied 2 3 2"}));
  EXPECT_EQ(
      log.apply(5, BatchText().commands(2, 3, 3, appends("c")).commands(2, 3, 4, appends("d"))),
      (Lines{"applied 2 3 3", "applied 2 3 4"}));
  EXPECT_EQ(log.get("k"), "abcd");
}

TEST(Origin, DuplicateAndOverlap_ApplyOnlyWhatIsNew) {
  Log log;
  log.apply(1, BatchText().open(2, 77));
  log.apply(2, BatchText().commands(2, 1, 1, appends("abc")));
  EXPECT_EQ(log.apply(3, BatchText().commands(2, 1, 1, appends("abc"))), Lines{});
  EXPECT_EQ(log.apply(4, BatchText().commands(2, 1, 2, appends("b"))), Lines{});
  EXPECT_EQ(log.apply(5, BatchText().commands(2, 1, 2, appends("bcde"))),
            (Lines{"applied 2 1 4", "applied 2 1 5"}));
  EXPECT_EQ(log.get("k"), "abcde");
}

TEST(Origin, Gap_AppliesNothingAndNamesTheNext) {
  Log log;
  log.apply(1, BatchText().open(2, 77));
  log.apply(2, BatchText().commands(2, 1, 1, appends("a")));
  EXPECT_EQ(log.apply(3, BatchText().commands(2, 1, 3, appends("cd"))), Lines{"gap 2 1 2"});
  EXPECT_EQ(log.get("k"), "a");
  EXPECT_EQ(log.apply(4, BatchText().commands(2, 1, 2, appends("bcd"))).size(), 3u);
  EXPECT_EQ(log.get("k"), "abcd");
}

TEST(Origin, OldForeignOrUnknownEpoch_IsPassedOver) {
  Log log;
  log.apply(1, BatchText().open(2, 77));
  log.apply(2, BatchText().commands(2, 1, 1, appends("a")));
  EXPECT_EQ(log.apply(3, BatchText().open(2, 78)), Lines{"opened 2 nonce 78 3"});
  EXPECT_EQ(log.apply(4, BatchText().commands(2, 1, 2, appends("x"))), Lines{});
  EXPECT_EQ(log.apply(5, BatchText().commands(2, 9, 1, appends("x"))), Lines{});
  EXPECT_EQ(log.apply(6, BatchText().commands(3, 3, 1, appends("x"))), Lines{});
  EXPECT_EQ(log.apply(7, BatchText().commands(2, 3, 1, appends("b"))), Lines{"applied 2 3 1"});
  EXPECT_EQ(log.get("k"), "ab");
}

TEST(Origin, OldEpochInTheEntryThatOpensTheNext_CountsByItsPlace) {
  Log log;
  log.apply(1, BatchText().open(2, 77));
  EXPECT_EQ(
      log.apply(
          2,
          BatchText().commands(2, 1, 1, appends("a")).open(2, 78).commands(2, 1, 2, appends("x"))),
      (Lines{"applied 2 1 1", "opened 2 nonce 78 2"}));
  EXPECT_EQ(log.get("k"), "a");
}

// Were both told epoch 5, an old process and its successor would number the same commands.
TEST(Origin, OpenedTwiceInOneEntry_TheFirstCounts) {
  Log log;
  EXPECT_EQ(log.apply(5, BatchText().open(2, 77).open(2, 78).open(3, 79)),
            (Lines{"opened 2 nonce 77 5", "opened 3 nonce 79 5"}));
  EXPECT_EQ(log.apply(6, BatchText().open(2, 78)), Lines{"opened 2 nonce 78 6"});
}

TEST(Origin, TwoNodes_DoNotDisturbEachOther) {
  Log log;
  log.apply(1, BatchText().open(1, 5).open(2, 6));
  EXPECT_EQ(
      log.apply(2, BatchText().commands(1, 1, 1, appends("a")).commands(2, 1, 1, appends("b"))),
      (Lines{"applied 1 1 1", "applied 2 1 1"}));
  EXPECT_EQ(log.get("k"), "ab");
}

TEST(StateMachine, NoOpEntry_MovesTheAppliedIndexOnly) {
  Log log;
  log.apply(1, BatchText(500).open(1, 5));
  Heard heard;
  log.machine.apply(Index(2), {}, heard);
  EXPECT_TRUE(heard.lines.empty());
  EXPECT_EQ(log.machine.applied_index(), Index(2));
  EXPECT_EQ(log.machine.cluster_time_ms(), 500u);
}

TEST(StateMachineDeathTest, IndexThatDoesNotRiseOrMalformedPayload_Stops) {
  Log log;
  log.apply(2, BatchText());
  EXPECT_DEATH(log.apply(2, BatchText()), "CHECK failed");
  Heard heard;
  EXPECT_DEATH(log.machine.apply(Index(3), "garbage", heard), "malformed batch header");
  const std::string cut = std::string(BatchText().open(1, 1).bytes().substr(0, 20));
  EXPECT_DEATH(log.machine.apply(Index(3), cut, heard), "malformed batch section");
  log.apply(3, BatchText().open(1, 1));
  const BatchText unknown = BatchText().commands(1, 3, 1, {{"NOPE"}});
  EXPECT_DEATH(log.apply(4, unknown), "NOPE");
}

// A random history of writes, reads, sessions and lost and repeated sections.
std::vector<std::string> random_history(std::uint64_t seed) {
  Prng prng(seed);
  std::vector<std::string> entries = {std::string(BatchText(1000).open(1, 1).open(2, 2).bytes())};
  std::uint64_t next_seq[3] = {0, 1, 1};
  const auto word = [&](std::uint64_t kinds) { return "w" + std::to_string(prng.below(kinds)); };
  for (int entry = 0; entry < 300; ++entry) {
    BatchText batch(1000 + static_cast<std::uint64_t>(entry) * prng.below(20));
    for (auto sections = prng.below(3); sections > 0; --sections) {
      std::vector<Words> commands;
      for (auto count = 1 + prng.below(8); count > 0; --count) {
        const Words pool[] = {{"SET", word(200), word(9)},
                              {"APPEND", word(200), word(9)},
                              {"DEL", word(200), word(200)},
                              {"INCR", "n" + word(9)},
                              {"MGET", word(200), word(200)},
                              {"SESSION", "OPEN"},
                              {"ONCE", std::to_string(1024 * (1 + prng.below(300))),
                               std::to_string(1 + prng.below(9)), "APPEND", word(200), "x"}};
        commands.push_back(pool[prng.below(std::size(pool))]);
      }
      if (prng.below(50) == 0) commands.push_back({"FLUSHALL"});
      const auto origin = 1 + prng.below(2);
      batch.commands(origin, 1, next_seq[origin], commands);
      if (prng.below(4) != 0) next_seq[origin] += commands.size();  // else overlaps with the next
    }
    entries.emplace_back(batch.bytes());
  }
  return entries;
}

TEST(Determinism, SameEntries_SameDigestAndRepliesAtEveryIndex) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    StateMachine a, b;
    Heard heard_a, heard_b;
    std::uint64_t index = 0;
    for (const std::string& entry : random_history(seed)) {
      ++index;
      a.apply(Index(index), entry, heard_a);
      b.apply(Index(index), entry, heard_b);
      // b computes its digest now and then only, so that its cache covers other spans.
      if (index % 7 == 0) {
        ASSERT_EQ(a.digest(), b.digest()) << "seed " << seed;
      }
      (void)a.digest();
    }
    EXPECT_EQ(a.digest(), b.digest());
    EXPECT_EQ(heard_a.lines, heard_b.lines);
    EXPECT_EQ(heard_a.replies, heard_b.replies);
    EXPECT_GT(heard_a.lines.size(), 500u);
  }
}

// The cached digest equals that of a machine that computes it once, at the end.
TEST(Digest, Cached_EqualsRecomputed) {
  for (std::uint64_t seed = 10; seed < 13; ++seed) {
    const auto history = random_history(seed);
    StateMachine cached, fresh;
    Heard heard;
    for (std::uint64_t i = 0; i < history.size(); ++i) {
      cached.apply(Index(i + 1), history[i], heard);
      (void)cached.digest();
      fresh.apply(Index(i + 1), history[i], heard);
    }
    EXPECT_EQ(cached.digest(), fresh.digest());
    EXPECT_EQ(cached.digest(), cached.digest());
  }
}

TEST(Digest, AnyChange_ChangesIt) {
  const auto digest_after = [](const std::vector<Words>& commands, std::uint64_t now_ms = 5) {
    Machine machine;
    machine.now_ms = now_ms;
    (void)machine.state().digest();
    machine.run_all({{"MSET", "a", "1", "b", "2"}, {"SESSION", "OPEN"}});
    (void)machine.state().digest();
    machine.run_all(commands);
    return machine.state().digest();
  };
  const std::string session = std::to_string(1024 * 2);
  const std::vector<std::uint64_t> digests = {
      digest_after({{"DBSIZE"}}),
      digest_after({{"DBSIZE"}}, 6),
      digest_after({{"DBSIZE"}, {"DBSIZE"}}),
      digest_after({{"SET", "a", "1"}}),  // a change of its own, with a new revision
      digest_after({{"SET", "a", "2"}}),
      digest_after({{"SET", "a", ""}}),
      digest_after({{"SET", "c", ""}}),
      digest_after({{"MSET", "a", "2", "b", "1"}}),
      digest_after({{"DEL", "a"}}),
      digest_after({{"DEL", "b"}}),
      digest_after({{"FLUSHALL"}}),
      digest_after({{"SESSION", "OPEN"}}),
      digest_after({{"SESSION", "CLOSE", session}}),
      digest_after({{"ONCE", session, "1", "DEL", "x"}}),
      digest_after({{"ONCE", session, "2", "DEL", "x"}}),
      digest_after({{"ONCE", session, "1", "DEL", "y"}}),
      digest_after({{"ONCE", session, "2", "ACK", "2", "DEL", "x"}}),
  };
  auto sorted = digests;
  std::ranges::sort(sorted);
  EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end()) << testing::PrintToString(digests);
}

TEST(StateMachine, Moved_KeepsItsState) {
  Machine machine;
  machine.run({"SET", "k", "v"});
  const auto digest = machine.state().digest();
  StateMachine moved = std::move(machine.state());
  EXPECT_EQ(moved.digest(), digest);
  EXPECT_EQ(moved.read(views({"GET", "k"})), Reply::bulk("v"));
}

}  // namespace
}  // namespace holdfast::kv
