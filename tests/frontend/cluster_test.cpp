// Whom a connection serves, and whom it sends to the leader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/local_command.hpp"
#include "frontend/node.hpp"

namespace holdfast::frontend {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Node 1 follows node 2.
class OnAFollower : public testing::Test {
 protected:
  OnAFollower() {
    client_.node.now.role = replica::Role::kFollower;
    client_.node.now.leader = NodeId(2);
  }
  void become_aware() { client_.calls({"CLUSTER", "SLOTS"}); }

  Client client_;
};

TEST_F(OnAFollower, PlainClient_IsServed) {
  EXPECT_EQ(client_.calls({"SET", "a", "1"}), "");
  EXPECT_EQ(client_.node.submitted.size(), 1u);
}

TEST_F(OnAFollower, ClientThatKnowsClusters_IsMovedWithItsKeysOwnSlot) {
  become_aware();
  EXPECT_EQ(client_.calls({"SET", "foo", "1"}), "-MOVED 12182 two:7002\r\n");
  EXPECT_EQ(client_.calls({"GET", "foo"}), "-MOVED 12182 two:7002\r\n");
  EXPECT_EQ(client_.calls({"MSET", "{foo}a", "1", "b", "2"}), "-MOVED 12182 two:7002\r\n");
  EXPECT_EQ(client_.calls({"ONCE", "1024", "1", "INCR", "foo"}), "-MOVED 12182 two:7002\r\n");
  EXPECT_EQ(client_.calls({"ONCE", "1024", "1", "ACK", "1", "INCR", "foo"}),
            "-MOVED 12182 two:7002\r\n");
  EXPECT_TRUE(client_.node.submitted.empty());
}

TEST_F(OnAFollower, EachQuestionForTheNodes_MakesAClientAware) {
  for (const char* question : {"SLOTS", "SHARDS", "NODES"}) {
    Client client;
    client.node.now.leader = NodeId(2);
    client.calls({"CLUSTER", "INFO"});
    client.calls({"CLUSTER", "KEYSLOT", "foo"});
    client.calls({"GET", "foo"});
    EXPECT_EQ(client.node.submitted.size(), 1u) << "these tell it nothing";
    client.answered(kv::Reply::null());
    client.calls({"CLUSTER", question});
    EXPECT_THAT(client.calls({"GET", "foo"}), StartsWith("-MOVED ")) << question;
  }
}

TEST_F(OnAFollower, CommandsWithoutAKey_AreServedToEverybody) {
  become_aware();
  client_.calls({"DBSIZE"});
  client_.calls({"FLUSHALL"});
  client_.answered(kv::Reply::integer(0));
  client_.calls({"SESSION", "OPEN"});
  EXPECT_EQ(client_.node.submitted.size(), 2u);
}

TEST_F(OnAFollower, ReadonlyClient_NamesHowStaleAReadMayBe) {
  EXPECT_EQ(client_.calls({"READONLY", "MAXSTALE", "250"}), "+OK\r\n");
  client_.calls({"GET", "k"});
  EXPECT_EQ(client_.node.max_stale, std::chrono::milliseconds(250));
  client_.answered(kv::Reply::null());
  EXPECT_EQ(client_.calls({"READONLY", "MAXSTALE"}), "-ERR syntax error\r\n");
  EXPECT_EQ(client_.calls({"READONLY", "MAXSTALE", "x"}),
            "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(client_.calls({"READONLY", "MAXSTALE", "-1"}),
            "-ERR MAXSTALE is a number of milliseconds from 0 to 86400000\r\n");
}

TEST_F(OnAFollower, ReadonlyClient_ReadsHereAndWritesAtTheLeader) {
  become_aware();
  EXPECT_EQ(client_.calls({"READONLY"}), "+OK\r\n");
  EXPECT_THAT(client_.calls({"SET", "foo", "1"}), StartsWith("-MOVED "));
  EXPECT_EQ(client_.calls({"GET", "foo"}), "");
  EXPECT_EQ(client_.node.submitted.size(), 1u);
  client_.answered(kv::Reply::null());
  client_.calls({"READWRITE"});
  EXPECT_THAT(client_.calls({"GET", "foo"}), StartsWith("-MOVED "));
}

TEST_F(OnAFollower, DuringAnElection_RequestsWaitHere) {
  become_aware();
  client_.node.now.leader = NodeId();
  EXPECT_EQ(client_.calls({"SET", "foo", "1"}), "");
  EXPECT_EQ(client_.node.submitted.size(), 1u);
}

TEST_F(OnAFollower, LeaderWhoseAddressIsNotKnown_IsAskedByThisNode) {
  become_aware();
  client_.node.addresses.erase(NodeId(2));
  EXPECT_EQ(client_.calls({"SET", "foo", "1"}), "");
  EXPECT_EQ(client_.node.submitted.size(), 1u);
}

TEST_F(OnAFollower, Role_NamesTheLeader) {
  EXPECT_EQ(client_.calls({"ROLE"}),
            "*5\r\n$5\r\nslave\r\n$3\r\ntwo\r\n:7002\r\n$9\r\nconnected\r\n:9\r\n");
}

TEST_F(OnAFollower, Views_ShowTheLeaderAsTheMasterOfAllSlots) {
  EXPECT_THAT(client_.calls({"CLUSTER", "SLOTS"}),
              StartsWith("*1\r\n*5\r\n:0\r\n:16383\r\n*4\r\n$3\r\ntwo\r\n:7002\r\n"));
  const std::string nodes = client_.calls({"CLUSTER", "NODES"});
  const std::string two = "00000002" + std::string(32, '0');
  EXPECT_THAT(nodes, HasSubstr(two + " two:7002@0 master - 0 0 4 connected 0-16383\n"));
  EXPECT_THAT(nodes, HasSubstr("00000001" + std::string(32, '0') + " one:7001@0 myself,slave " +
                               two + " "));
  EXPECT_THAT(client_.calls({"CLUSTER", "SHARDS"}),
              HasSubstr("$8\r\nendpoint\r\n$3\r\ntwo\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"));
  EXPECT_THAT(client_.calls({"CLUSTER", "INFO"}),
              AllOf(HasSubstr("cluster_state:ok"), HasSubstr("cluster_known_nodes:3")));
}

// A client that is shown no master gives up; this node holds its requests until there is one.
TEST_F(OnAFollower, ViewsDuringAnElection_ShowThisNodeAsTheMaster) {
  client_.node.now.leader = NodeId();
  EXPECT_THAT(client_.calls({"CLUSTER", "SLOTS"}),
              StartsWith("*1\r\n*5\r\n:0\r\n:16383\r\n*4\r\n$3\r\none\r\n:7001\r\n"));
  EXPECT_THAT(client_.calls({"CLUSTER", "INFO"}), HasSubstr("cluster_state:fail"));
}

TEST_F(OnAFollower, NodeWhoseAddressIsNotKnown_IsNotShown) {
  client_.node.addresses.erase(NodeId(3));
  EXPECT_THAT(client_.calls({"CLUSTER", "SLOTS"}), Not(HasSubstr("three")));
}

TEST(OnTheLeader, ClientThatKnowsClusters_IsServed) {
  Client client;
  client.calls({"CLUSTER", "SLOTS"});
  EXPECT_EQ(client.calls({"SET", "foo", "1"}), "");
  EXPECT_EQ(client.node.submitted.size(), 1u);
}

TEST(OnTheLeader, Role_ListsTheReplicas) {
  Client client;
  client.node.now.match = {{NodeId(2), Index(9)}, {NodeId(3), Index(8)}};
  EXPECT_EQ(client.calls({"ROLE"}),
            "*3\r\n$6\r\nmaster\r\n:9\r\n*2\r\n*3\r\n$3\r\ntwo\r\n$4\r\n7002\r\n$1\r\n9\r\n"
            "*3\r\n$5\r\nthree\r\n$4\r\n7003\r\n$1\r\n8\r\n");
}

TEST(OnTheLeader, Wait_CountsThoseThatHaveAll) {
  Client client;
  client.node.now.match = {{NodeId(2), Index(9)}, {NodeId(3), Index(9)}};
  EXPECT_EQ(client.calls({"WAIT", "2", "100"}), ":2\r\n");
  client.node.now.match = {{NodeId(2), Index(3)}, {NodeId(3), Index(8)}};
  EXPECT_EQ(client.calls({"WAIT", "2", "100"}), ":1\r\n") << "a majority of three has them";
  EXPECT_EQ(client.calls({"WAIT", "2", "-1"}), "-ERR timeout is negative\r\n");
}

TEST(OnTheLeader, OnceOfACommandThatIsNotOnData_IsRefusedClearly) {
  Client client;
  EXPECT_EQ(client.calls({"ONCE", "1024", "1", "Ping"}),
            "-ERR 'ping' is not allowed in ONCE: it is no command on data\r\n");
  EXPECT_EQ(client.calls({"ONCE", "1024", "1", "CLIENT", "ID"}),
            "-ERR 'client' is not allowed in ONCE: it is no command on data\r\n");
  EXPECT_FALSE(client.node.was_asked());
}

TEST(OnTheLeader, QuestionsAboutSlots_AreReadsOfTheStore) {
  Client client;
  EXPECT_EQ(client.calls({"CLUSTER", "KEYSLOT", "foo"}), ":12182\r\n");
  EXPECT_EQ(client.calls({"CLUSTER", "CountKeysInSlot", "12182"}), "");
  EXPECT_EQ(client.calls({"CLUSTER", "GETKEYSINSLOT", "12182", "7"}), "");
  ASSERT_EQ(client.node.submitted.size(), 2u);
  EXPECT_FALSE(client.node.submitted[0].is_write);
  EXPECT_EQ(client.node.submitted[0].args,
            (std::vector<std::string>{"CLUSTER", "CountKeysInSlot", "12182"}));
  EXPECT_EQ(client.node.submitted[1].args,
            (std::vector<std::string>{"CLUSTER", "GETKEYSINSLOT", "12182", "7"}));
}

// Kills: a command that one table has and the other lacks, which ended the process.
TEST(EveryCommand, WithAnyNumberOfArguments_IsAnsweredOrSubmitted) {
  std::vector<std::vector<std::string>> names;
  for (const kv::CommandSpec* spec : all_specs()) {
    const std::string name(spec->name);
    const auto bar = name.find('|');
    names.push_back({name.substr(0, bar)});
    if (bar != std::string::npos) names.back().push_back(name.substr(bar + 1));
  }
  for (const std::vector<std::string>& name : names) {
    for (std::size_t more = 0; more < 5; ++more) {
      std::vector<std::string> args = name;
      args.insert(args.end(), more, "1");
      Client client;
      const std::string reply = client.calls(args);
      const bool is_silent = client.connection->should_close() || name.back() == "reply";
      EXPECT_TRUE(!reply.empty() || client.node.was_asked() || is_silent)
          << testing::PrintToString(args);
    }
  }
}

}  // namespace
}  // namespace holdfast::frontend
