// Reads by lease, of a leader that is stopped and goes on.
#include <signal.h>

#include <thread>

#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using namespace std::chrono_literals;
using cli::wait_until;
using testing::AnyOf;

class Lease : public testing::Test {
 protected:
  // With answers to its heartbeats on their way to it, as many as there can be: the others stop
  // first, and go on when it has stopped. How long they take decides only how good the test is.
  void stop_with_answers_waiting(int leader) {
    const auto others = cluster.others(leader);
    for (const int id : others) signal(id, SIGSTOP);
    std::this_thread::sleep_for(130ms);  // two heartbeats
    signal(leader, SIGSTOP);
    for (const int id : others) signal(id, SIGCONT);
    for (const int id : others) EXPECT_EQ(cluster.ask(id, {"PING"}), "PONG");
  }
  // What it was sent before it finds when it goes on; of what comes then it hears nothing.
  void cut_off(int node) {
    for (const int id : cluster.others(node)) ask_ok(id, {"RAFT", "CUT", std::to_string(node)});
  }
  void heal_when_deposed(int node) {
    wait_until("it to lead no more", 20s, [&] { return !cluster.status(node).leads(); });
    for (const int id : cluster.others(node)) ask_ok(id, {"RAFT", "HEAL"});
  }
  void wait_for_another_leader(int old) {
    wait_until("another leader", 20s, [&] {
      return std::ranges::any_of(cluster.others(old),
                                 [&](int id) { return cluster.status(id).leads(); });
    });
  }
  void ask_ok(int node, const std::vector<std::string>& args) {
    ASSERT_EQ(cluster.ask(node, args), "OK");
  }
  void signal(int node, int number) { cluster.servers().signal(node, number); }

  Servers cluster{{"--read-mode=lease", "--enable-fault-injection"}};
};

TEST_F(Lease, LeaderThatSleepsUntilAnotherLeads_AnswersNoStaleRead) {
  for (int round = 0; round < 6; ++round) {
    const std::string newer = "new" + std::to_string(round);
    const int old = cluster.wait_for_leader();
    auto asleep = cluster.connect(old);
    auto awake = cluster.connect(old);
    ASSERT_EQ(ask(asleep, {"SET", "k", "old"}), "OK");
    ASSERT_EQ(ask(awake, {"GET", "k"}), "old");
    round % 2 == 0 ? signal(old, SIGSTOP) : stop_with_answers_waiting(old);
    cut_off(old);
    wait_for_another_leader(old);
    ask_ok(cluster.others(old)[0], {"SET", "k", newer});
    ASSERT_TRUE(asleep.send({"GET", "k"}, soon()));
    signal(old, SIGCONT);
    ASSERT_TRUE(awake.send({"GET", "k"}, soon()));
    heal_when_deposed(old);
    EXPECT_EQ(receive(asleep), newer);
    EXPECT_EQ(receive(awake), newer);
    EXPECT_EQ(ask(asleep, {"GET", "k"}), newer);
  }
}

// It is awake again, and may think that it leads, while the others elect another.
TEST_F(Lease, LeaderThatSleepsForLessThanItsLease_AnswersNoStaleReadBehindIt) {
  std::string before = "none";
  ask_ok(1, {"SET", "k", before});
  for (const auto pause : {0ms, 50ms, 100ms, 150ms, 200ms, 250ms}) {
    const std::string newer = std::to_string(pause.count());
    const int old = cluster.wait_for_leader();
    auto early = cluster.connect(old);
    auto late = cluster.connect(old);
    auto writer = cluster.connect(cluster.others(old)[0]);
    ASSERT_EQ(ask(early, {"GET", "k"}), before);
    ASSERT_EQ(ask(late, {"GET", "k"}), before);
    stop_with_answers_waiting(old);
    cut_off(old);
    ASSERT_TRUE(writer.send({"SET", "k", newer}, soon()));
    ASSERT_TRUE(early.send({"GET", "k"}, soon()));
    std::this_thread::sleep_for(pause);
    signal(old, SIGCONT);
    ASSERT_EQ(receive(writer), "OK");
    ASSERT_TRUE(late.send({"GET", "k"}, soon()));
    heal_when_deposed(old);
    EXPECT_THAT(receive(early), AnyOf(before, newer)) << "sent before the write was acknowledged";
    EXPECT_EQ(receive(late), newer);
    EXPECT_EQ(ask(early, {"GET", "k"}), newer);
    before = newer;
  }
}

}  // namespace
}  // namespace holdfast::e2e
