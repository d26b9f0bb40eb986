#include <gtest/gtest.h>

#include "sim/kv_cluster.hpp"
#include "sim/operator.hpp"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;
using replica::MemberRequest;

MemberRequest request(MemberRequest::Kind kind, NodeId node) {
  return {.kind = kind, .node = node, .address = address_of(node).to_string(), .replaces = {}};
}

// Nodes 1 and 2 are the cluster, 3 waits to be added.
ClusterOptions two_and_a_spare() {
  ClusterOptions options = kv_cluster(3, 1);
  for (const NodeId node : {NodeId(1), NodeId(2)}) {
    raft::Member& member = options.first_membership.members.emplace_back();
    member.id = node;
    member.address = address_of(node).to_string();
  }
  return options;
}

class Members : public testing::Test {
 protected:
  Members() {
    cluster.start_all();
    EXPECT_TRUE(cluster.run_until([&] { return bool(cluster.leader()); }, 5s));
  }
  bool carried_out() {
    return cluster.run_until([&] { return operators.is_idle(); }, 10s);
  }
  bool converges() {
    return cluster.run_until([&] { return cluster.has_converged(); }, 5s);
  }

  Tally tally;
  Cluster cluster{two_and_a_spare()};
  Operator operators{cluster, Dice(1), tally};
};

TEST_F(Members, SpareNode_WaitsUntilItIsAdded) {
  EXPECT_FALSE(cluster.is_up(NodeId(3)));
  operators.join(NodeId(3), request(MemberRequest::Kind::kPromote, NodeId(3)));
  EXPECT_TRUE(carried_out());
  EXPECT_TRUE(cluster.membership().is_voter(NodeId(3)));
  EXPECT_TRUE(converges());
}

TEST_F(Members, RemovedNode_Stops) {
  const NodeId follower = cluster.others(cluster.leader()).front();
  ASSERT_TRUE(cluster.is_up(follower));
  operators.ask(request(MemberRequest::Kind::kRemove, follower), Instant::max());
  EXPECT_TRUE(carried_out());
  EXPECT_TRUE(cluster.run_until([&] { return !cluster.is_up(follower); }, 2s));
  EXPECT_TRUE(converges());
}

// Of two voters it is one that is needed, so its data must not be lost; of three it may.
TEST_F(Members, LostData_IsBorneByAMajorityOnly) {
  EXPECT_FALSE(cluster.can_bear_loss_of(NodeId(2)));
  operators.join(NodeId(3), request(MemberRequest::Kind::kPromote, NodeId(3)));
  ASSERT_TRUE(carried_out() && converges());
  EXPECT_TRUE(cluster.can_bear_loss_of(NodeId(2)));
  EXPECT_FALSE(cluster.may_remove(NodeId(1)) && cluster.can_bear_loss_of(NodeId(2)));
}

// It is made a voter a moment after it was lost, and the other one can't undo that alone (seed
// 5793).
TEST_F(Members, DataOfANodeThatJoins_IsNeededAlready) {
  MemberRequest replace = request(MemberRequest::Kind::kReplace, NodeId(3));
  replace.replaces = NodeId(2);
  ASSERT_TRUE(cluster.may_remove(replace.replaces));
  operators.join(NodeId(3), replace);
  const auto joins = [this] {
    const raft::Membership members = cluster.membership();
    return members.contains(NodeId(3)) && members.find(NodeId(3))->joins;
  };
  ASSERT_TRUE(cluster.run_until(joins, 5s));
  bool may_be_lost = false;
  EXPECT_TRUE(cluster.run_until(
      [&] {
        may_be_lost |= cluster.can_bear_loss_of(NodeId(3));
        return operators.is_idle();
      },
      10s));
  EXPECT_FALSE(may_be_lost);
}

TEST_F(Members, NodeWithoutData_StaysOutUntilItIsAddedAnew) {
  operators.join(NodeId(3), request(MemberRequest::Kind::kPromote, NodeId(3)));
  ASSERT_TRUE(carried_out() && converges());
  cluster.crash(NodeId(3), true);
  cluster.lose_data(NodeId(3));
  cluster.start(NodeId(3));
  EXPECT_FALSE(cluster.is_up(NodeId(3)));
  operators.join(NodeId(3), request(MemberRequest::Kind::kPromote, NodeId(3)));
  EXPECT_TRUE(carried_out());
  // Over a restart, too, it votes only for those who have what it may have forgotten.
  cluster.crash(NodeId(3), true);
  cluster.start(NodeId(3));
  EXPECT_TRUE(cluster.membership().is_voter(NodeId(3)));
  EXPECT_TRUE(converges());
}

// The system of a killed process says so, that of a machine without power does not.
TEST(LostLeader, IsReplacedSoonerAfterAKill) {
  const auto time_without_leader = [](std::uint64_t seed, bool power_lost) {
    Cluster cluster(kv_cluster(3, seed));
    cluster.start_all();
    EXPECT_TRUE(cluster.run_until([&] { return cluster.has_converged(); }, 5s));
    cluster.run_for(1s);
    cluster.crash(cluster.leader(), power_lost);
    const Instant since = cluster.now();
    EXPECT_TRUE(cluster.run_until([&] { return bool(cluster.leader()); }, 5s));
    return cluster.now() - since;
  };
  const Duration timeout = raft::Config().election_timeout_min;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_LT(time_without_leader(seed, false), timeout / 2);
    EXPECT_GE(time_without_leader(seed, true), timeout / 2);
  }
}

}  // namespace
}  // namespace holdfast::sim
