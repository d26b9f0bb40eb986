// Commands about the members of the cluster: what is asked of the node, and how its answer comes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/node.hpp"

namespace holdfast::frontend {
namespace {

using kv::Reply;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using Kind = replica::MemberRequest::Kind;

const replica::MemberRequest& asked(const Client& client) {
  return client.node.changes.back().asked;
}

TEST(RaftAdd, IsAnsweredWhenItIsDone) {
  Client client;
  EXPECT_EQ(client.calls({"RAFT", "ADD", "4", "four:16379"}), "");
  ASSERT_EQ(client.node.changes.size(), 1u);
  EXPECT_EQ(asked(client).kind, Kind::kAdd);
  EXPECT_EQ(asked(client).node, NodeId(4));
  EXPECT_EQ(asked(client).address, "four:16379");
  EXPECT_EQ(client.calls({"PING"}), "") << "replies keep their order";
  EXPECT_EQ(client.changed(Reply::ok()), "+OK\r\n+PONG\r\n");
}

TEST(RaftAdd, TakesItsOptions) {
  Client client;
  client.calls({"RAFT", "ADD", "4", "four:1", "learner"});
  EXPECT_EQ(asked(client).kind, Kind::kAddLearner);
  client.calls({"RAFT", "ADD", "4", "four:1", "REPLACES", "2"});
  EXPECT_EQ(asked(client).kind, Kind::kReplace);
  EXPECT_EQ(asked(client).replaces, NodeId(2));
}

TEST(RaftCommands, NameTheNodeTheyAreAbout) {
  Client client;
  client.calls({"RAFT", "REMOVE", "2"});
  EXPECT_EQ(asked(client).kind, Kind::kRemove);
  EXPECT_EQ(asked(client).node, NodeId(2));
  client.calls({"RAFT", "PROMOTE", "3"});
  EXPECT_EQ(asked(client).kind, Kind::kPromote);
  EXPECT_EQ(asked(client).node, NodeId(3));
  client.calls({"RAFT", "MOVE", "3", "[::1]:7"});
  EXPECT_EQ(asked(client).kind, Kind::kMove);
  EXPECT_EQ(asked(client).address, "[::1]:7");
}

TEST(RaftCommands, WrongArguments_AreRefusedAtOnce) {
  Client client;
  const std::vector<std::vector<std::string>> wrong{{"ADD", "x", "four:1"},
                                                    {"ADD", "0", "four:1"},
                                                    {"ADD", "65536", "four:1"},
                                                    {"ADD", "4", "four"},
                                                    {"ADD", "4", "four:0"},
                                                    {"ADD", "4", "a\r\nraft_leader:1:1"},
                                                    {"ADD", "4", std::string(256, 'h') + ":1"},
                                                    {"ADD", "4", "four:1", "VOTER"},
                                                    {"ADD", "4", "four:1", "LEARNER", "2"},
                                                    {"ADD", "4", "four:1", "REPLACES"},
                                                    {"ADD", "4", "four:1", "REPLACES", "-2"},
                                                    {"REMOVE", "two"},
                                                    {"PROMOTE", ""},
                                                    {"MOVE", "4", ":1"}};
  for (std::vector<std::string> args : wrong) {
    args.insert(args.begin(), "RAFT");
    EXPECT_THAT(client.calls(args), StartsWith("-ERR ")) << testing::PrintToString(args);
  }
  EXPECT_TRUE(client.node.changes.empty());
  EXPECT_EQ(client.calls({"PING"}), "+PONG\r\n");
}

TEST(RaftCommands, OnAFollower_PointToTheLeader) {
  Client client;
  client.node.now.leader = NodeId(2);
  EXPECT_EQ(client.calls({"RAFT", "REMOVE", "1"}),
            "-ERR this node is not the leader; node 2 at two:7002 is\r\n");
  client.node.addresses.clear();
  EXPECT_EQ(client.calls({"RAFT", "REMOVE", "1"}),
            "-ERR this node is not the leader; node 2 is\r\n");
  client.node.now.leader = NodeId();
  EXPECT_THAT(client.calls({"RAFT", "REMOVE", "1"}), StartsWith("-CLUSTERDOWN "));
  EXPECT_TRUE(client.node.changes.empty());
}

TEST(RaftCommands, WriteBehindAChange_DoesNotWaitForIt) {
  Client client;
  client.says("RAFT ADD 4 four:1\r\nGET a\r\nSET a 1\r\n");
  ASSERT_EQ(client.node.submitted.size(), 2u);
  client.answered(Reply::null());
  client.answered(Reply::ok());
  EXPECT_EQ(client.changed(Reply::ok()), "+OK\r\n$-1\r\n+OK\r\n");
}

TEST(RaftSnapshot, IsForEveryNodeAndAnsweredWhenItIsMade) {
  Client client;
  client.node.now.leader = NodeId(2);
  EXPECT_EQ(client.calls({"RAFT", "SNAPSHOT"}), "");
  ASSERT_EQ(client.node.snapshots.size(), 1u);
  client.connection->complete(Instant(), client.node.snapshots[0], Reply::ok());
  EXPECT_EQ(client.hears(), "+OK\r\n");
}

raft::Member member(std::uint64_t id, bool votes, bool voted) {
  raft::Member member;
  member.id = NodeId(id);
  member.address = "peer" + std::to_string(id) + ":1";
  member.votes = votes;
  member.voted = voted;
  return member;
}

std::string field(const std::string& name, const std::string& value) {
  return "$" + std::to_string(name.size()) + "\r\n" + name + "\r\n" + value + "\r\n";
}

TEST(RaftMembers, ShowsWhatEachMemberIsAndHas) {
  Client client;
  replica::Status& status = client.node.now;
  status.last_index = Index(20);
  status.match = {{NodeId(1), Index(20)}, {NodeId(3), Index(8)}};
  status.membership.members = {member(1, true, true), member(3, false, false)};
  status.membership.members[1].joins = true;
  status.membership.members[1].replaces = NodeId(7);
  const std::string reply = client.calls({"RAFT", "MEMBERS"});
  EXPECT_THAT(reply,
              StartsWith("*2\r\n*18\r\n" + field("id", ":1") + field("address", "$7\r\npeer1:1") +
                         field("client_address", "$8\r\none:7001")));
  EXPECT_THAT(reply, AllOf(HasSubstr(field("standing", "$5\r\nvoter")),
                           HasSubstr(field("leader", ":1")), HasSubstr(field("connected", ":1")),
                           HasSubstr(field("match", ":20")), HasSubstr(field("lag", ":0"))));
  EXPECT_THAT(reply, AllOf(HasSubstr(field("standing", "$7\r\njoining")),
                           HasSubstr(field("replaces", ":7")), HasSubstr(field("connected", ":0")),
                           HasSubstr(field("match", ":8")), HasSubstr(field("lag", ":12"))));
}

TEST(RaftMembers, NamesEveryStanding) {
  Client client;
  raft::Member joining = member(3, false, false);
  joining.joins = true;
  raft::Member leaving = member(5, false, true);
  leaving.leaves = true;
  raft::Member learner_leaving = member(6, false, false);
  learner_leaving.leaves = true;
  const std::vector<std::pair<raft::Member, std::string>> cases{
      {member(1, true, true), "voter"},
      {member(2, false, false), "learner"},
      {joining, "joining"},
      {member(4, true, false), "becoming-voter"},
      {leaving, "leaving"},
      {learner_leaving, "leaving"}};
  for (const auto& [one, name] : cases) {
    client.node.now.membership.members = {one};
    EXPECT_THAT(client.calls({"RAFT", "MEMBERS"}), HasSubstr("\r\n" + name + "\r\n")) << name;
  }
}

TEST(RaftMembers, OnAFollower_LeavesOutWhatOnlyTheLeaderKnows) {
  Client client;
  client.node.now.leader = NodeId(2);
  EXPECT_THAT(client.calls({"RAFT", "MEMBERS"}),
              AllOf(HasSubstr(field("match", "$-1")), HasSubstr(field("lag", "$-1"))));
  client.node.now.membership = {};
  EXPECT_EQ(client.calls({"RAFT", "MEMBERS"}), "*0\r\n") << "it belongs to no cluster yet";
}

}  // namespace
}  // namespace holdfast::frontend
