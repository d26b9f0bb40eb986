// What an operator does to a cluster that serves.
#include <iostream>

#include "e2e/pipeliners.hpp"
#include "e2e/program.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using namespace std::chrono_literals;
using cli::wait_until;
using testing::HasSubstr;
using testing::Not;

void wait_for_progress(const Pipeliners& clients, int more) {
  const int before = clients.acknowledged();
  wait_until("more appends", 30s, [&] { return clients.acknowledged() >= before + more; });
}

// It has all that the cluster had committed when it was asked.
void wait_until_caught_up(Servers& cluster, int id) {
  const auto committed = cluster.status(cluster.wait_for_leader()).number("commit_index");
  wait_until("node " + std::to_string(id) + " to have caught up", 30s,
             [&] { return cluster.status(id).number("applied_index") >= committed; });
}

// Clients of the nodes that stay notice a pause at most.
TEST(RollingRestart, ClientsOfTheOtherNodes_SeeNoErrorNoLossAndNoRepetition) {
  constexpr int kClients = 50;
  Servers cluster;
  for (int id = 1; id <= 3; ++id) {
    const auto others = cluster.others(id);
    Pipeliners clients(
        "restart" + std::to_string(id) + ".",
        {cluster.servers().client_address(others[0]), cluster.servers().client_address(others[1])},
        kClients);
    wait_for_progress(clients, 1000);
    const bool led = cluster.wait_for_leader() == id;
    ASSERT_EQ(cluster.servers().terminate(id), 0) << cluster.servers().log_tail(id);
    wait_for_progress(clients, 1000);
    cluster.servers().start(id);
    wait_until_caught_up(cluster, id);
    wait_for_progress(clients, 1000);
    clients.stop_and_check(cluster);
    std::cout << "restart of node " << id << (led ? ", the leader" : "") << ": "
              << clients.acknowledged() << " appends, the longest pause "
              << clients.longest_pause().count() << " ms" << std::endl;
  }
  cluster.wait_until_equal();
}

TEST(RollingRestart, LeaderTransferred_ClientsOfAllNodesSeeNoError) {
  Servers cluster;
  Pipeliners clients("transfer", cluster.servers().endpoints(), 30);
  for (int round = 0; round < 5; ++round) {
    wait_for_progress(clients, 300);
    expect_end(run("transfer" + cluster.endpoints()), 0, " leads\n");
  }
  clients.stop_and_check(cluster);
  std::cout << "five transfers: the longest pause " << clients.longest_pause().count() << " ms"
            << std::endl;
  cluster.wait_until_equal();
}

// The new node, two that are up and the leader are a majority of the new five.
TEST(Replacement, OfADeadNodeWhileAnotherIsDown_IsDoneInOneStep) {
  Servers cluster({}, 5);
  cli::ChildServers& servers = cluster.servers();
  const auto followers = cluster.others(cluster.leader_at_start);
  const int dead = followers[0];
  const int down = followers[1];
  Appenders appenders(
      {servers.client_address(cluster.leader_at_start), servers.client_address(followers[2])}, 2);
  servers.kill9(dead);
  servers.kill9(down);
  const int added = servers.add();
  servers.start(added, {"--join=" + servers.client_address(cluster.leader_at_start).to_string() +
                            "," + servers.client_address(followers[2]).to_string(),
                        "--join-as=learner"});
  wait_until("the new node to be a learner", 30s, [&] {
    return run("member list" + cluster.endpoints()).output.find("learner") != std::string::npos;
  });
  expect_end(run("member replace " + std::to_string(dead) + " " + std::to_string(added) + " " +
                     servers.peer_address(added).to_string() + cluster.endpoints(),
                 "", 60),
             0, "is a voter in the place of node " + std::to_string(dead));
  const Ended list = run("member list" + cluster.endpoints());
  EXPECT_THAT(list.output, Not(HasSubstr(servers.peer_address(dead).to_string())));
  EXPECT_THAT(list.output, HasSubstr(servers.peer_address(added).to_string()));
  servers.start(down);
  cluster.wait_for_leader();
  // Without the new node there would be no majority any more.
  servers.kill9(followers[2]);
  servers.kill9(down);
  EXPECT_TRUE(client::Clerk({servers.client_address(added)}).put("k", "v"));
  servers.start(followers[2]);
  servers.start(down);
  cluster.wait_for_leader();
  appenders.stop_and_check(cluster);
  cluster.wait_until_equal();
}

}  // namespace
}  // namespace holdfast::e2e
