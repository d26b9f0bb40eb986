#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using cli::wait_until;
using namespace std::chrono_literals;

// scripts/soak asks for more.
int kill_count() {
  const char* text = std::getenv("HOLDFAST_KILLS");
  return text == nullptr ? 5 : std::atoi(text);
}

void wait_for_progress(const Appenders& appenders, int more) {
  const int before = appenders.acknowledged();
  wait_until("more appends", 30s, [&] { return appenders.acknowledged() >= before + more; });
}

// For scripts/soak.
void report(std::vector<int> pauses_ms, int appends) {
  std::ranges::sort(pauses_ms);
  std::cout << pauses_ms.size() << " kills, " << appends
            << " appends acknowledged; the first append after a kill: "
            << pauses_ms[pauses_ms.size() / 2] << " ms in the median, " << pauses_ms.back()
            << " ms at most" << std::endl;
}

TEST(Failover, LeaderKilledAgainAndAgain_LosesNothingAndRepeatsNothing) {
  constexpr int kClients = 4;
  Servers cluster;
  Appenders appenders(cluster.servers().endpoints(), kClients);
  std::vector<int> pauses_ms;
  for (int kill = 0; kill < kill_count(); ++kill) {
    wait_for_progress(appenders, 20 + kill % 7 * 10);
    const int leader = cluster.wait_for_leader();
    cluster.servers().kill9(leader);
    const auto killed = std::chrono::steady_clock::now();
    // For each client an answer may be on its way already.
    wait_for_progress(appenders, kClients + 1);
    const auto pause = std::chrono::steady_clock::now() - killed;
    pauses_ms.push_back(static_cast<int>(pause / 1ms));
    wait_for_progress(appenders, 20);
    cluster.servers().start(leader);
    cluster.wait_for_leader();
  }
  appenders.stop_and_check(cluster);
  report(pauses_ms, appenders.acknowledged());
  cluster.wait_until_equal();
}

TEST(Failover, FollowersKilledInTurn_LosesNothingAndRepeatsNothing) {
  Servers cluster;
  Appenders appenders(cluster.servers().endpoints(), 4);
  for (int kill = 0; kill < kill_count(); ++kill) {
    wait_for_progress(appenders, 50);
    const auto followers = cluster.others(cluster.wait_for_leader());
    const int follower = followers[static_cast<std::size_t>(kill % 2)];
    cluster.servers().kill9(follower);
    wait_for_progress(appenders, 50);
    cluster.servers().start(follower);
    cluster.wait_for_leader();
  }
  appenders.stop_and_check(cluster);
  cluster.wait_until_equal();
}

TEST(Failover, AllKilledAtOnce_GoOnWithAllThatWasAcknowledged) {
  Servers cluster;
  Appenders appenders(cluster.servers().endpoints(), 4);
  for (int round = 0; round < 3; ++round) {
    wait_for_progress(appenders, 100);
    for (int id = 1; id <= 3; ++id) cluster.servers().kill9(id);
    cluster.servers().start_all();
  }
  cluster.wait_for_leader();
  appenders.stop_and_check(cluster);
  cluster.wait_until_equal();
}

TEST(Failover, LeaderToldToStop_HandsOverAndLosesNothing) {
  Servers cluster;
  Appenders appenders(cluster.servers().endpoints(), 4);
  for (int round = 0; round < 3; ++round) {
    wait_for_progress(appenders, 50);
    const int leader = cluster.wait_for_leader();
    EXPECT_EQ(cluster.servers().terminate(leader), 0) << cluster.servers().log_tail(leader);
    cluster.servers().start(leader);
    cluster.wait_for_leader();
  }
  appenders.stop_and_check(cluster);
  cluster.wait_until_equal();
}

// The reply is never read, so for the client it is lost whenever the leader dies after the commit.
TEST(Failover, OnceRepeatedAfterTheLeaderDiedBetweenCommitAndReply_GetsTheRecordedReply) {
  Servers cluster;
  for (int round = 0; round < 3; ++round) {
    const int leader = cluster.wait_for_leader();
    auto doomed = cluster.connect(leader);
    const std::string session = ask(doomed, {"SESSION", "OPEN"});
    const std::string key = "k" + std::to_string(round);
    const std::vector<std::string> once{"ONCE", session, "1", "APPEND", key, "x"};
    const auto before = cluster.status(leader).number("commit_index");
    ASSERT_TRUE(doomed.send(once, soon()));
    const int other = cluster.others(leader)[0];
    wait_until("the commit", 10s,
               [&] { return cluster.status(other).number("commit_index") > before; });
    cluster.servers().kill9(leader);
    for (const int id : cluster.others(leader)) {
      auto retry = cluster.connect(id);
      EXPECT_EQ(ask(retry, once), "1");
      EXPECT_EQ(ask(retry, {"GET", key}), "x");
    }
    cluster.servers().start(leader);
    cluster.wait_for_leader();
  }
  cluster.wait_until_equal();
}

TEST(Failover, LeaderDiesAtAnyMomentOfARequest_TheRepetitionCountsOnce) {
  Servers cluster;
  for (int round = 0; round < 8; ++round) {
    const int leader = cluster.wait_for_leader();
    auto doomed = cluster.connect(leader);
    const std::string session = ask(doomed, {"SESSION", "OPEN"});
    const std::vector<std::string> once{"ONCE", session, "1", "INCR", "counter"};
    ASSERT_TRUE(doomed.send(once, soon()));
    ::usleep(static_cast<useconds_t>(round * 150));
    cluster.servers().kill9(leader);
    auto retry = cluster.connect(cluster.others(leader)[0]);
    EXPECT_EQ(ask(retry, once), std::to_string(round + 1));
    EXPECT_EQ(ask(retry, once), std::to_string(round + 1));
    cluster.servers().start(leader);
    cluster.wait_for_leader();
  }
}

TEST(Failover, SessionsAndRecordedReplies_SurviveARestartOfAllNodes) {
  Servers cluster;
  std::vector<std::string> once;
  {
    auto connection = cluster.connect(1);
    once = {"ONCE", ask(connection, {"SESSION", "OPEN"}), "7", "INCRBY", "n", "5"};
    EXPECT_EQ(ask(connection, once), "5");
    EXPECT_EQ(ask(connection, {"INCR", "n"}), "6");
  }
  for (int id = 1; id <= 3; ++id) cluster.servers().kill9(id);
  cluster.servers().start_all();
  cluster.wait_for_leader();
  auto connection = cluster.connect(2);
  EXPECT_EQ(ask(connection, once), "5") << "the recorded reply";
  EXPECT_EQ(ask(connection, {"GET", "n"}), "6");
}

TEST(Failover, DeposedLeaderThatWakesUp_AnswersNoStaleRead) {
  Servers cluster;
  ASSERT_TRUE(cluster.clerk().put("k", "old"));
  const int old = cluster.wait_for_leader();
  auto asleep = cluster.connect(old);
  auto awake = cluster.connect(cluster.others(old)[0]);
  cluster.servers().signal(old, SIGSTOP);
  ASSERT_EQ(ask(awake, {"SET", "k", "new"}), "OK");
  ASSERT_TRUE(asleep.send({"GET", "k"}, soon()));
  cluster.servers().signal(old, SIGCONT);
  EXPECT_EQ(receive(asleep), "new");
}

// A request waits for 1 s only, which an election may take: what has to succeed is asked again.
TEST(Failover, LeaderCutOff_RefusesWhileTheMajorityGoesOn) {
  Servers cluster({"--request-timeout=1s"});
  ASSERT_TRUE(cluster.clerk().put("k", "old"));
  const int minority = cluster.wait_for_leader();
  const auto majority = cluster.others(minority);
  auto cut_off = cluster.connect(minority);
  ASSERT_EQ(ask(cut_off, {"RAFT", "CUT", std::to_string(majority[0]), std::to_string(majority[1])}),
            "OK");
  EXPECT_TRUE(client::Clerk({cluster.servers().client_address(majority[1])}).put("k", "new"));
  EXPECT_THAT(ask(cut_off, {"GET", "k"}), testing::StartsWith("(error) CLUSTERDOWN"));
  EXPECT_THAT(ask(cut_off, {"SET", "k", "lost"}),
              testing::AnyOf(testing::StartsWith("(error) CLUSTERDOWN"),
                             testing::StartsWith("(error) UNKNOWN")));
  ASSERT_EQ(ask(cut_off, {"RAFT", "HEAL"}), "OK");
  const auto value = client::Clerk({cluster.servers().client_address(minority)}).get("k");
  ASSERT_TRUE(value) << value.error().text;
  EXPECT_EQ(*value, "new");
  cluster.wait_until_equal();
}

TEST(Failover, WithoutAMajority_RequestsEndInASureRefusal) {
  Servers cluster({"--request-timeout=1s"});
  const int leader = cluster.leader_at_start;
  auto follower = cluster.connect(cluster.others(leader)[0]);
  cluster.servers().kill9(leader);
  cluster.servers().kill9(cluster.others(leader)[1]);
  EXPECT_THAT(ask(follower, {"GET", "k"}), testing::StartsWith("(error) CLUSTERDOWN"));
  EXPECT_THAT(ask(follower, {"SET", "k", "v"}), testing::HasSubstr("(error)"));
  EXPECT_EQ(ask(follower, {"PING"}), "PONG");
}

TEST(Failover, OneNodeAlone_ServesAndKeepsWhatItAcknowledged) {
  Servers cluster({}, 1);
  auto connection = cluster.connect(1);
  EXPECT_EQ(ask(connection, {"SET", "k", "v"}), "OK");
  cluster.servers().kill9(1);
  cluster.start();
  auto again = cluster.connect(1);
  EXPECT_EQ(ask(again, {"GET", "k"}), "v");
}

}  // namespace
}  // namespace holdfast::e2e
