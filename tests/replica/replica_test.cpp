#include "replica/replica.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "replica/world.hpp"

namespace holdfast::replica {
namespace {

using kv::Reply;

std::string text_of(const Reply& reply) {
  if (const auto* error = std::get_if<Reply::Error>(&reply.value)) return error->text;
  if (const auto* bulk = std::get_if<Reply::Bulk>(&reply.value))
    return std::string(bulk->bytes.view());
  return {};
}

bool starts_with(const Reply& reply, std::string_view prefix) {
  return text_of(reply).starts_with(prefix);
}

std::uint64_t other_than(std::uint64_t node) {
  return node % 3 + 1;
}

TEST(Replica, AloneInItsCluster_Serves) {
  World world(1);
  EXPECT_EQ(world.await(world.write(1, {"SET", "k", "v"})), Reply::ok());
  EXPECT_EQ(world.await(world.read(1, {"GET", "k"})), Reply::bulk("v"));
}

TEST(Replica, WriteAtEachNode_IsReadAtEachNode) {
  World world(3);
  for (std::uint64_t node = 1; node <= 3; ++node) {
    const std::string value = std::to_string(node);
    EXPECT_EQ(world.await(world.write(node, {"SET", "k", value})), Reply::ok());
    for (std::uint64_t reader = 1; reader <= 3; ++reader) {
      EXPECT_EQ(world.await(world.read(reader, {"GET", "k"})), Reply::bulk(value));
    }
  }
  EXPECT_TRUE(world.run_until([&] { return world.converged(); }));
}

// Kills: times to live by the state's time, which stands still while nobody writes.
TEST(Replica, TimeToLive_GoesByWhileNobodyWrites_AtEachNode) {
  World world(3);
  world.await(world.write(1, {"SET", "k", "v", "PX", "60000"}));
  std::int64_t last = 60'001;
  for (int i = 0; i < 30; ++i) {
    world.run_for(100);
    const auto node = static_cast<std::uint64_t>(i % 3 + 1);
    const Index before = world.at(node).status().last_index;
    const auto left = std::get<std::int64_t>(world.await(world.read(node, {"PTTL", "k"})).value);
    EXPECT_LE(left, last - 99);
    EXPECT_GE(left, last - 200);
    EXPECT_EQ(world.at(node).status().last_index, before) << "it needs no entry";
    last = left;
  }
}

// Between its time and the entry by which it expires.
TEST(Replica, TimeToLive_OfAKeyThatIsStillThere_IsNeverBelowZero) {
  World world(1);
  world.await(world.write(1, {"SET", "k", "v", "PX", "50"}));
  std::vector<std::uint64_t> asked;
  for (int i = 0; i < 200; ++i) {
    asked.push_back(world.read(1, {"PTTL", "k"}));
    world.step();
  }
  EXPECT_EQ(world.await(asked.back()), Reply::integer(-2)) << "it is gone";
  for (const std::uint64_t request : asked) {
    const Reply reply = world.await(request);
    const auto left = std::get<std::int64_t>(reply.value);
    EXPECT_TRUE(left >= 0 || left == -2) << left;
  }
}

TEST(Replica, RequestsBeforeAnyLeader_WaitForOne) {
  World world(3);
  const auto write = world.write(2, {"SET", "k", "v"});
  const auto read = world.read(3, {"GET", "k"});
  world.run_for(5);
  EXPECT_FALSE(world.answer(write));
  EXPECT_EQ(world.await(write), Reply::ok());
  EXPECT_FALSE(world.await(read).is_error());
}

TEST(Replica, ForwardLost_IsSentAgainAndAppliedOnce) {
  World world(3, 7);
  const auto follower = other_than(world.elect());
  world.await(world.write(follower, {"SET", "k", ""}));
  world.forward_loss = 0.6;
  std::vector<std::uint64_t> requests;
  for (int i = 0; i < 60; ++i) {
    requests.push_back(world.write(follower, {"APPEND", "k", "x"}));
    world.run_for(3);
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(world.await(requests[i], 60'000), Reply::integer(static_cast<std::int64_t>(i) + 1));
  }
}

TEST(Replica, LeaderDiesWithForwardedWrites_NextLeaderAppliesEachOnce) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(3, seed);
    const auto leader = world.elect();
    const auto follower = other_than(leader);
    world.await(world.write(follower, {"SET", "k", ""}));
    std::vector<std::uint64_t> requests;
    for (int i = 0; i < 20; ++i) {
      requests.push_back(world.write(follower, {"APPEND", "k", "x"}));
      if (i == 12) world.crash(leader);
      world.step();
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ(world.await(requests[i]), Reply::integer(static_cast<std::int64_t>(i) + 1)) << seed;
    }
  }
}

// The deposed leader keeps its clients' requests until it knows what became of them.
TEST(Replica, DeposedLeaderWithEntriesInItsLog_AnswersFromTheNextLeader) {
  World world(3, 3);
  const auto leader = world.elect();
  world.await(world.write(leader, {"SET", "k", ""}));
  world.cut(leader);
  const auto request = world.write(leader, {"APPEND", "k", "x"});
  ASSERT_TRUE(world.run_until([&] { return world.leader() != 0 && world.leader() != leader; }));
  EXPECT_FALSE(world.answer(request));
  world.heal();
  EXPECT_EQ(world.await(request), Reply::integer(1));
  EXPECT_EQ(world.await(world.read(leader, {"GET", "k"})), Reply::bulk("x"));
}

TEST(Replica, MoreRequestsThanMayWait_AreRefusedAndTheOthersServed) {
  World world(3);
  world.config.pending_bytes_max = 10 * kRequestOverheadBytes;
  world.crash(1);
  world.restart(1);
  std::vector<std::uint64_t> writes;
  std::vector<std::uint64_t> reads;
  for (int i = 0; i < 30; ++i) {
    writes.push_back(world.write(1, {"APPEND", "k", "x"}));
    reads.push_back(world.read(1, {"GET", "k"}));
  }
  std::int64_t taken = 0;
  for (const auto request : writes) {
    const Reply reply = world.await(request);
    if (starts_with(reply, "TRYAGAIN")) continue;
    EXPECT_EQ(reply, Reply::integer(++taken));
  }
  EXPECT_GT(taken, 5);
  EXPECT_LT(taken, 10);
  const auto is_refused = [&](auto request) {
    return starts_with(world.await(request), "TRYAGAIN");
  };
  const auto refused = std::ranges::count_if(reads, is_refused);
  EXPECT_GT(refused, 20);
  EXPECT_LT(refused, 25);
  EXPECT_EQ(world.at(1).status().pending_bytes, 0u);
  EXPECT_FALSE(starts_with(world.await(world.read(1, {"GET", "k"})), "TRYAGAIN"));
}

TEST(Replica, NoLeaderInTime_SaysNotExecutedAndMeansIt) {
  World world(3);
  const auto leader = world.elect();
  world.await(world.write(leader, {"SET", "k", "old"}));
  world.crash(other_than(leader));
  world.crash(other_than(other_than(leader)));
  ASSERT_TRUE(world.run_until([&] { return !world.at(leader).status().leader; }));
  const auto write = world.write(leader, {"SET", "k", "new"});
  const auto read = world.read(leader, {"GET", "k"});
  EXPECT_TRUE(starts_with(world.await(write), "CLUSTERDOWN"));
  EXPECT_TRUE(starts_with(world.await(read), "CLUSTERDOWN"));
  world.restart(other_than(leader));
  world.elect();
  world.run_for(3000);
  EXPECT_EQ(world.await(world.read(leader, {"GET", "k"})), Reply::bulk("old"));
}

TEST(Replica, UnknownOutcome_IsNeverExecutedLater) {
  World world(3);
  const auto leader = world.elect();
  world.await(world.write(leader, {"SET", "k", "old"}));
  world.cut(leader);
  const auto lost = world.write(leader, {"SET", "k", "lost"});
  EXPECT_TRUE(starts_with(world.await(lost), "UNKNOWN"));
  const auto next = world.leader();
  ASSERT_NE(next, leader);
  EXPECT_EQ(world.await(world.write(next, {"SET", "k", "new"})), Reply::ok());
  world.heal();
  EXPECT_EQ(world.await(world.write(leader, {"SET", "other", "1"})), Reply::ok());
  world.run_for(20'000);
  EXPECT_EQ(world.await(world.read(leader, {"GET", "k"})), Reply::bulk("new"));
}

TEST(Replica, IsolatedLeader_DoesNotAnswerReads) {
  World world(3);
  const auto leader = world.elect();
  world.await(world.write(leader, {"SET", "k", "old"}));
  world.cut(leader);
  const auto stale = world.read(leader, {"GET", "k"});
  ASSERT_TRUE(world.run_until([&] { return world.leader() != 0 && world.leader() != leader; }));
  EXPECT_EQ(world.await(world.write(world.leader(), {"SET", "k", "new"})), Reply::ok());
  EXPECT_FALSE(world.answer(stale));
  world.heal();
  EXPECT_EQ(world.await(stale), Reply::bulk("new"));
}

TEST(Replica, RestartOfAll_KeepsStateAndSessions) {
  World world(3);
  world.elect();
  const auto session =
      std::get<std::int64_t>(world.await(world.write(1, {"SESSION", "OPEN"})).value);
  const std::string id = std::to_string(session);
  EXPECT_EQ(world.await(world.write(1, {"ONCE", id, "1", "APPEND", "k", "x"})), Reply::integer(1));
  for (std::uint64_t node = 1; node <= 3; ++node) world.crash(node);
  for (std::uint64_t node = 1; node <= 3; ++node) world.restart(node);
  EXPECT_EQ(world.await(world.write(2, {"ONCE", id, "1", "APPEND", "k", "x"})), Reply::integer(1));
  EXPECT_EQ(world.await(world.read(3, {"GET", "k"})), Reply::bulk("x"));
}

// Kills: a leader that counts on from the time that it had applied when it was elected, which is
// zero in a cluster that was just started again.
TEST(Replica, ClusterTimeAfterARestartOfAll_GoesOn) {
  World world(3);
  world.elect();
  world.run_for(20'000);
  world.await(world.write(1, {"SET", "k", "1"}));
  const auto before = world.at(1).status().cluster_time_ms;
  for (std::uint64_t node = 1; node <= 3; ++node) world.crash(node);
  for (std::uint64_t node = 1; node <= 3; ++node) world.restart(node);
  world.elect();
  world.await(world.write(1, {"SET", "k", "2"}));
  EXPECT_GE(world.at(1).status().cluster_time_ms, before);
  world.run_for(5000);
  world.await(world.write(1, {"SET", "k", "3"}));
  EXPECT_GE(world.at(1).status().cluster_time_ms, before + 5000);
}

TEST(Replica, FullDiskOfTheLeader_HandsOverAndWritesGoOn) {
  World world(3);
  const auto leader = world.elect();
  world.await(world.write(leader, {"SET", "k", "1"}));
  world.fill_disk(leader);
  EXPECT_TRUE(starts_with(world.await(world.write(leader, {"SET", "k", "2"})), "MISCONF"));
  ASSERT_TRUE(world.run_until([&] { return world.leader() != 0 && world.leader() != leader; }));
  EXPECT_EQ(world.await(world.write(world.leader(), {"SET", "k", "3"})), Reply::ok());
  world.free_disk(leader);
  EXPECT_EQ(world.await(world.write(leader, {"SET", "k", "4"})), Reply::ok());
}

TEST(Replica, FullDiskOfANodeAlone_RefusesWritesAndServesReads) {
  World world(1);
  world.await(world.write(1, {"SET", "k", "1"}));
  world.fill_disk(1);
  EXPECT_TRUE(starts_with(world.await(world.write(1, {"SET", "k", "2"})), "MISCONF"));
  EXPECT_EQ(world.await(world.read(1, {"GET", "k"})), Reply::bulk("1"));
  world.free_disk(1);
  EXPECT_EQ(world.await(world.write(1, {"SET", "k", "3"})), Reply::ok());
}

// Without this a client of the full node would wait out each request and be told that there is
// no leader.
TEST(Replica, FullDiskOfAFollower_RefusesAtOnceWhatItCannotServe) {
  World world(3);
  const auto leader = world.elect();
  const auto full = other_than(leader);
  world.await(world.write(full, {"SET", "k", "1"}));
  world.fill_disk(full);
  EXPECT_TRUE(starts_with(world.await(world.write(full, {"SET", "k", "2"}), 20), "MISCONF"));
  EXPECT_EQ(world.await(world.read(full, {"GET", "k"})), Reply::bulk("1")) << "it has all there is";
  ASSERT_EQ(world.await(world.write(leader, {"SET", "k", "3"})), Reply::ok());
  EXPECT_TRUE(starts_with(world.await(world.read(full, {"GET", "k"}), 500), "MISCONF"));
  world.free_disk(full);
  EXPECT_EQ(world.await(world.read(full, {"GET", "k"})), Reply::bulk("3"));
  EXPECT_EQ(world.await(world.write(full, {"SET", "k", "4"})), Reply::ok());
}

TEST(Replica, ForwardThatNamesAnotherNode_IsDropped) {
  World world(3);
  const auto leader = world.elect();
  world.run_for(500);  // each node opens its epoch
  std::string section;
  Writer writer(section);
  kv::put_section(kv::OpenSection{.origin = NodeId(leader), .nonce = 99}, writer);
  const Term term = world.at(leader).status().term;
  const Index before = world.at(leader).status().last_index;
  const NodeId from(other_than(leader));
  Instant now{std::chrono::seconds(1)};
  world.at(leader).receive(now, from, wire::Forward{term, Payload(section)});
  world.at(leader).receive(now, from, wire::Forward{term, Payload(std::string("garbage"))});
  world.run_for(500);
  EXPECT_EQ(world.at(leader).status().last_index, before);
}

// Any client, no session: what was acknowledged is there once, what is unknown at most once, what
// was refused not at all; and one client's writes stand in the order in which it sent them.
TEST(Replica, StormOfCrashesAndLosses_EachAppendCountsAsItWasAnswered) {
  const char* more = std::getenv("HOLDFAST_SEEDS");
  const std::uint64_t seeds = more ? std::strtoull(more, nullptr, 10) : 40;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world(3, seed);
    Prng prng(seed);
    world.loss = 0.05;
    world.delay_ms_max = 10;
    world.disk_delay_ms_max = 15;
    std::map<std::uint64_t, std::string> asked;
    std::uint64_t down = 0;
    for (int i = 0; i < 6000; ++i) {
      if (prng.below(10) == 0) {
        const auto node = prng.between(1, 3);
        if (world.is_up(node)) {
          const std::string token = "<" + std::to_string(asked.size()) + ">";
          asked.emplace(world.write(node, {"APPEND", "k", token}), token);
        }
      }
      if (prng.below(700) == 0 && down == 0) world.crash(down = prng.between(1, 3));
      if (prng.below(400) == 0 && down != 0) world.restart(std::exchange(down, 0));
      if (prng.below(900) == 0) world.cut(prng.between(1, 3));
      if (prng.below(300) == 0) world.heal();
      world.step();
    }
    world.heal();
    world.loss = 0;
    if (down != 0) world.restart(down);
    ASSERT_NE(world.elect(), 0u) << seed;
    world.run_for(15'000);
    const std::string value = text_of(world.await(world.read(1, {"GET", "k"})));
    for (const auto& [request, token] : asked) {
      const auto at = value.find(token);
      const bool present = at != std::string::npos;
      EXPECT_EQ(value.find(token, at + 1), std::string::npos) << seed << token << " twice";
      const auto answer = world.answer(request);
      if (!answer || starts_with(*answer, "UNKNOWN")) continue;  // asked of a node that crashed
      EXPECT_EQ(present, !answer->is_error()) << seed << token << text_of(*answer);
    }
    EXPECT_TRUE(world.run_until([&] { return world.converged(); })) << seed;
  }
}

}  // namespace
}  // namespace holdfast::replica
