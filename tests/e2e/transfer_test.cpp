// RAFT TRANSFER under clients that repeat nothing.
#include <signal.h>

#include "e2e/pipeliners.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using namespace std::chrono_literals;
using cli::wait_until;
using testing::StartsWith;

void wait_for_progress(const Pipeliners& clients) {
  const int before = clients.acknowledged();
  wait_until("more appends", 30s, [&] { return clients.acknowledged() > before + 100; });
}

std::string transfer(Servers& cluster, int at, int target) {
  return cluster.ask(at, {"RAFT", "TRANSFER", std::to_string(target)});
}

TEST(Transfer, AgainAndAgainUnderLoad_NoClientSeesAnError) {
  Servers cluster;
  Pipeliners clients("k", cluster.servers().endpoints(), 6);
  for (int round = 0; round < 6; ++round) {
    wait_for_progress(clients);
    const int leader = cluster.wait_for_leader();
    const int target = cluster.others(leader)[static_cast<std::size_t>(round % 2)];
    EXPECT_EQ(transfer(cluster, leader, target), "OK");
    wait_until("the node that was named to lead", 20s,
               [&] { return cluster.status(target).leads(); });
  }
  wait_for_progress(clients);
  clients.stop_and_check(cluster);
  cluster.wait_until_equal();
}

TEST(Transfer, ToOneThatCannotLead_IsRefusedAndTheLeaderGoesOn) {
  Servers cluster;
  const int leader = cluster.leader_at_start;
  const auto followers = cluster.others(leader);
  const int learner = cluster.servers().add();
  cluster.servers().start(
      learner,
      {"--join=" + cluster.servers().client_address(leader).to_string(), "--join-as=learner"});
  wait_until("the learner to serve", 30s, [&] { return cluster.ask(learner, {"DBSIZE"}) == "0"; });
  Pipeliners clients("k", {cluster.servers().client_address(leader)}, 4);
  wait_for_progress(clients);

  EXPECT_EQ(transfer(cluster, leader, 9), "(error) ERR no such node: 9");
  EXPECT_EQ(transfer(cluster, leader, leader),
            "(error) ERR node " + std::to_string(leader) + " leads already");
  EXPECT_EQ(transfer(cluster, leader, learner),
            "(error) ERR node " + std::to_string(learner) + " is a learner, which can't lead");
  EXPECT_THAT(transfer(cluster, followers[0], followers[1]),
              StartsWith("(error) ERR this node is not the leader"));
  // Until it has been silent for an election timeout it may be taken for one that is up; what is
  // begun then is given up after another.
  cluster.servers().signal(followers[0], SIGSTOP);
  const std::string silent = "ERR node " + std::to_string(followers[0]) + " does not answer";
  wait_until("a refusal", 20s,
             [&] { return transfer(cluster, leader, followers[0]) == "(error) " + silent; });
  wait_for_progress(clients);
  cluster.servers().signal(followers[0], SIGCONT);
  clients.stop_and_check(cluster);
  EXPECT_TRUE(cluster.status(leader).leads());
  cluster.wait_until_equal();
}

}  // namespace
}  // namespace holdfast::e2e
