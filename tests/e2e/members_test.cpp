// The operator's commands on running clusters.
#include "e2e/program.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string one_endpoint(Servers& cluster, int id) {
  return Servers::endpoints_option({cluster.servers().client_address(id)});
}

TEST(Members, List_ShowsWhatTheLeaderSeesWhomeverItAsks) {
  Servers cluster;
  const int leader = cluster.leader_at_start;
  const Ended ended = run("member list" + one_endpoint(cluster, cluster.others(leader)[0]));
  expect_end(ended, 0, std::to_string(leader) + "  voter          leader   ");
  for (int id = 1; id <= 3; ++id) {
    EXPECT_THAT(ended.output, HasSubstr(cluster.servers().peer_address(id).to_string()));
    EXPECT_THAT(ended.output, HasSubstr(cluster.servers().client_address(id).to_string()));
  }
  expect_end(run("member list --json" + cluster.endpoints()), 0, R"("standing":"voter","match":)");
}

TEST(Members, ListWithoutALeader_ShowsWhatIsBelievedAndFails) {
  Servers cluster;
  cluster.servers().kill9(1);
  cluster.servers().kill9(2);
  // If it led it believes for a moment that it still does.
  cli::wait_until("node 3 to know of no leader", std::chrono::seconds(20),
                  [&] { return cluster.status(3).number("leader") == 0; });
  const Ended ended = run("member list --timeout 2" + cluster.endpoints());
  expect_end(ended, 1, "no node is known to lead");
  EXPECT_THAT(ended.output, HasSubstr("STANDING"));
}

TEST(Members, Transfer_MakesTheNodeThatIsNamedTheLeader) {
  Servers cluster;
  const int leader = cluster.leader_at_start;
  const int target = cluster.others(leader)[1];
  const std::string name = "node " + std::to_string(target);
  const std::string endpoint = one_endpoint(cluster, cluster.others(leader)[0]);
  expect_end(run("transfer " + std::to_string(target) + endpoint), 0, name + " leads\n");
  EXPECT_EQ(cluster.wait_for_leader(), target);
  expect_end(run("transfer " + std::to_string(target) + endpoint), 0, name + " leads already");
  expect_end(run("transfer 9" + endpoint), 1, "no such node: 9");
  expect_end(run("transfer" + endpoint), 0, " leads\n");
  EXPECT_NE(cluster.wait_for_leader(), target);
}

TEST(Members, LeaderRemoved_EndsAndTheOthersGoOn) {
  Servers cluster;
  const int leader = cluster.leader_at_start;
  const std::string name = "node " + std::to_string(leader);
  Appenders appenders(cluster.servers().endpoints(), 2);
  expect_end(run("member remove " + std::to_string(leader) + cluster.endpoints()), 0,
             name + " is no member\n");
  EXPECT_EQ(cluster.servers().wait_for_exit(leader), 0);
  EXPECT_THAT(cluster.servers().log_tail(leader), HasSubstr("was removed from the cluster"));
  cluster.wait_for_leader();
  const Ended ended = run("member list" + cluster.endpoints());
  EXPECT_THAT(ended.output, Not(HasSubstr(cluster.servers().peer_address(leader).to_string())));
  appenders.stop_and_check(cluster);
  cluster.wait_until_equal();
}

TEST(Members, ChangesThatCannotBe_AreRefusedWithTheReason) {
  Servers cluster;
  const std::string taken = cluster.servers().peer_address(2).to_string();
  expect_end(run("member add 4 " + taken + cluster.endpoints()), 1, "is the address of node 2");
  expect_end(run("member add 3 127.0.0.1:1" + cluster.endpoints()), 1, "is a member already");
  expect_end(run("member promote 7" + cluster.endpoints()), 1, "node 7 is no member");
  expect_end(run("member replace 7 8 127.0.0.1:1" + cluster.endpoints()), 1, "node 7 is no member");
  expect_end(run("member add 4 nowhere" + cluster.endpoints()), 2, "'nowhere' is not HOST:PORT");
  expect_end(run("member add x 127.0.0.1:1" + cluster.endpoints()), 2, "ID");
  expect_end(run("member remove 3 --endpoints 127.0.0.1:1 --timeout 0.5"), 1, "not done");
}

TEST(Members, NodeThatCannotBeReached_IsWaitedForAndNamed) {
  Servers cluster;
  const Ended ended = run("member add 4 127.0.0.1:1 --timeout 3" + cluster.endpoints());
  expect_end(ended, 4, "the leader can't reach it at 127.0.0.1:1");
  expect_end(run("member list" + cluster.endpoints()), 0, "joining");
  expect_end(run("member remove 4" + cluster.endpoints()), 0, "node 4 is no member\n");
}

}  // namespace
}  // namespace holdfast::e2e
