// Commands that a connection answers by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/node.hpp"

namespace holdfast::frontend {
namespace {

using kv::Reply;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Settings with_password() {
  Settings settings;
  settings.password = "secret";
  return settings;
}

TEST(Hello, Protocol3_AnswersAMapAndSpeaksItFromThenOn) {
  Client client;
  EXPECT_EQ(client.calls({"CONFIG", "GET", "databases"}), "*2\r\n$9\r\ndatabases\r\n$1\r\n1\r\n");
  EXPECT_THAT(
      client.calls({"HELLO", "3"}),
      AllOf(StartsWith("%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n"), HasSubstr("$5\r\nproto\r\n:3\r\n"),
            HasSubstr("$2\r\nid\r\n:5\r\n"), HasSubstr("$4\r\nrole\r\n$6\r\nmaster\r\n")));
  EXPECT_EQ(client.calls({"CONFIG", "GET", "databases"}), "%1\r\n$9\r\ndatabases\r\n$1\r\n1\r\n");
  EXPECT_EQ(client.calls({"CLIENT", "GETNAME"}), "_\r\n");
  client.says("GET none\r\n");
  EXPECT_EQ(client.answered(Reply::null()), "_\r\n");
}

TEST(Hello, ProtocolChangedWhileAReplyIsAwaited_HoldsForLaterRepliesOnly) {
  Client client;
  client.says("GET none\r\nHELLO 3\r\nGET none\r\n");
  EXPECT_THAT(client.answered(Reply::null()), StartsWith("$-1\r\n%7\r\n"));
  EXPECT_EQ(client.answered(Reply::null()), "_\r\n");
}

TEST(Hello, OtherProtocolOrOption_IsRefused) {
  Client client;
  EXPECT_EQ(client.calls({"HELLO", "4"}), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_EQ(client.calls({"HELLO", "x"}),
            "-ERR Protocol version is not an integer or out of range\r\n");
  EXPECT_THAT(client.calls({"HELLO", "3", "NONSENSE"}), StartsWith("-ERR Syntax error in HELLO"));
  EXPECT_EQ(client.calls({"CLIENT", "GETNAME"}), "$-1\r\n") << "still RESP2";
}

TEST(Reset, MakesTheConnectionNew) {
  Client client;
  client.calls({"HELLO", "3", "SETNAME", "n"});
  client.calls({"CLUSTER", "SLOTS"});
  EXPECT_EQ(client.calls({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(client.calls({"CLIENT", "GETNAME"}), "$-1\r\n");
  client.node.now.leader = NodeId(2);
  EXPECT_EQ(client.calls({"SET", "a", "1"}), "") << "it is not cluster-aware any more";
}

TEST(Password, NotGiven_LetsNothingThrough) {
  Client client(with_password());
  for (const char* line : {"GET a", "SET a 1", "PING", "INFO", "CLUSTER SLOTS", "CLIENT LIST",
                           "SHUTDOWN", "CLIENT HELP", "RAFT TRANSFER"}) {
    EXPECT_THAT(client.says(std::string(line) + "\r\n"), StartsWith("-NOAUTH ")) << line;
  }
  EXPECT_THAT(client.says("HELLO 3\r\n"), StartsWith("-NOAUTH HELLO must be called"));
  EXPECT_TRUE(client.node.submitted.empty());
  EXPECT_FALSE(client.node.is_shut_down);
}

TEST(Password, WrongOnesAreRefusedAndTheRightOneOpens) {
  Client client(with_password());
  EXPECT_THAT(client.calls({"AUTH", "wrong"}), StartsWith("-WRONGPASS "));
  EXPECT_THAT(client.calls({"AUTH", "other", "secret"}), StartsWith("-WRONGPASS "));
  EXPECT_THAT(client.calls({"HELLO", "3", "AUTH", "default", "wrong"}), StartsWith("-WRONGPASS "));
  EXPECT_THAT(client.calls({"PING"}), StartsWith("-NOAUTH "));
  EXPECT_EQ(client.calls({"AUTH", "secret"}), "+OK\r\n");
  EXPECT_EQ(client.calls({"PING"}), "+PONG\r\n");
  client.calls({"RESET"});
  EXPECT_THAT(client.calls({"PING"}), StartsWith("-NOAUTH "));
  EXPECT_THAT(client.calls({"HELLO", "2", "AUTH", "default", "secret"}), StartsWith("*14\r\n"));
  EXPECT_EQ(client.calls({"PING"}), "+PONG\r\n");
}

TEST(Password, NotGiven_AllowsSmallRequestsOnly) {
  Client many(with_password());
  EXPECT_EQ(many.says("*11\r\n"), "-ERR Protocol error: unauthenticated multibulk length\r\n");
  Client large(with_password());
  EXPECT_EQ(large.says("*2\r\n$4\r\nAUTH\r\n$16385\r\n"),
            "-ERR Protocol error: unauthenticated bulk length\r\n");
  EXPECT_TRUE(large.connection->should_close());
}

TEST(Password, NoneIsSet_AuthSaysSo) {
  EXPECT_THAT(Client().calls({"AUTH", "x"}),
              StartsWith("-ERR AUTH <password> called without any password configured"));
}

TEST(ClientReply, OffAndSkip_SilenceExactlyWhatTheyShould) {
  Client client;
  EXPECT_EQ(client.says("CLIENT REPLY SKIP\r\nECHO a\r\nECHO b\r\n"), "$1\r\nb\r\n");
  EXPECT_EQ(client.says("CLIENT REPLY OFF\r\nECHO a\r\nNOSUCH\r\n"), "");
  EXPECT_EQ(client.says("CLIENT REPLY ON\r\nECHO b\r\n"), "+OK\r\n$1\r\nb\r\n");
  client.says("CLIENT REPLY SKIP\r\nSET a 1\r\nSET a 2\r\n");
  EXPECT_EQ(client.answered(Reply::ok()), "");
  EXPECT_EQ(client.answered(Reply::ok()), "+OK\r\n");
}

TEST(ClientCommands, AreAnsweredAsLibrariesExpect) {
  Client client;
  EXPECT_EQ(client.calls({"CLIENT", "ID"}), ":5\r\n");
  EXPECT_EQ(client.calls({"CLIENT", "SETNAME", "two words"}),
            "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
  EXPECT_EQ(client.calls({"CLIENT", "SETINFO", "LIB-NAME", "lib"}), "+OK\r\n");
  EXPECT_THAT(client.calls({"CLIENT", "INFO"}), HasSubstr(" lib-name=lib "));
  EXPECT_THAT(client.calls({"CLIENT", "LIST", "ID", "1"}),
              AllOf(HasSubstr("addr=a:1"), Not(HasSubstr("addr=b:2"))));
  EXPECT_EQ(client.calls({"CLIENT", "NO-EVICT", "ON"}), "+OK\r\n");
  EXPECT_EQ(client.calls({"CLIENT", "TRACKING", "ON"}),
            "-ERR client tracking is not supported\r\n");
}

TEST(ClientMaintNotifications, On_LetsTheClientBeToldToMoveBetweenReplies) {
  Client client;
  const Address other{"two", 7002};
  EXPECT_FALSE(client.connection->announce_move(other, 2, 1)) << "it has not asked";
  EXPECT_THAT(client.calls({"CLIENT", "MAINT_NOTIFICATIONS", "ON"}), StartsWith("-ERR "))
      << "RESP2 has no pushes";
  client.calls({"HELLO", "3"});
  EXPECT_EQ(
      client.calls({"CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "external-ip"}),
      "+OK\r\n");
  client.says("GET a\r\nGET b\r\n");
  client.connection->complete(Instant(), client.node.submitted[0].request, Reply::bulk("1"));
  EXPECT_TRUE(client.connection->announce_move(other, 2, 5));
  client.connection->complete(Instant(), client.node.submitted[1].request, Reply::bulk("2"));
  EXPECT_EQ(client.hears(),
            "$1\r\n1\r\n>4\r\n$6\r\nMOVING\r\n:5\r\n:2\r\n$8\r\ntwo:7002\r\n$1\r\n2\r\n");
  EXPECT_EQ(client.calls({"CLIENT", "MAINT_NOTIFICATIONS", "OFF"}), "+OK\r\n");
  EXPECT_FALSE(client.connection->announce_move(other, 2, 6));
}

TEST(ClientMaintNotifications, WithoutAnEndpointType_NamesNoAddress) {
  Client client;
  client.calls({"HELLO", "3"});
  client.calls({"CLIENT", "MAINT_NOTIFICATIONS", "ON", "MOVING-ENDPOINT-TYPE", "none"});
  EXPECT_TRUE(client.connection->announce_move({"two", 7002}, 2, 1));
  EXPECT_EQ(client.hears(), ">4\r\n$6\r\nMOVING\r\n:1\r\n:2\r\n_\r\n");
  client.calls({"HELLO", "2"});
  EXPECT_FALSE(client.connection->announce_move({"two", 7002}, 2, 2)) << "it speaks RESP2 now";
}

TEST(ClientMaintNotifications, WrongOptions_AreRefused) {
  Client client;
  client.calls({"HELLO", "3"});
  const std::vector<std::vector<std::string>> wrong{
      {"MAYBE"}, {"ON", "moving-endpoint-type"}, {"ON", "x", "none"}};
  for (std::vector<std::string> args : wrong) {
    args.insert(args.begin(), {"CLIENT", "MAINT_NOTIFICATIONS"});
    EXPECT_EQ(client.calls(args), "-ERR syntax error\r\n") << testing::PrintToString(args);
  }
}

TEST(ClientKill, OfOneself_EndsAfterTheReply) {
  Client client;
  EXPECT_EQ(client.calls({"CLIENT", "KILL", "ID", "5"}), ":0\r\n") << "SKIPME is the default";
  EXPECT_EQ(client.calls({"CLIENT", "KILL", "ID", "7"}), ":1\r\n");
  EXPECT_EQ(client.node.kills, 1u);
  EXPECT_EQ(client.calls({"CLIENT", "KILL", "SKIPME", "no"}), "-ERR syntax error\r\n");
  EXPECT_EQ(client.calls({"CLIENT", "KILL", "client:9"}), "+OK\r\n");
  EXPECT_TRUE(client.connection->should_close());
}

TEST(Info, HasTheLinesThatClientsLookFor) {
  Client client;
  const std::string info = client.calls({"INFO"});
  for (const char* line : {"redis_version:7.2", "redis_mode:cluster", "loading:0", "role:master",
                           "cluster_enabled:1", "used_memory:1", "tcp_port:7001", "raft_term:4",
                           "blocked_clients:0", "rdb_last_bgsave_status:ok"}) {
    EXPECT_THAT(info, HasSubstr("\n" + std::string(line))) << line;
  }
  EXPECT_THAT(client.calls({"INFO", "replication"}),
              AllOf(HasSubstr("role:master"), Not(HasSubstr("redis_version"))));
  client.node.now.leader = NodeId(2);
  client.node.now.role = replica::Role::kFollower;
  EXPECT_THAT(client.calls({"INFO", "replication"}),
              AllOf(HasSubstr("role:slave"), HasSubstr("master_host:two"),
                    HasSubstr("master_last_io_seconds_ago:0\r\n")));
  client.node.now.leader = NodeId();
  EXPECT_THAT(
      client.calls({"INFO", "replication"}),
      AllOf(HasSubstr("master_link_status:down"), HasSubstr("master_last_io_seconds_ago:-1\r\n")));
}

TEST(Info, OfTheLeader_CountsReplicasThatAreConnected) {
  Client client;
  EXPECT_THAT(client.calls({"INFO", "replication"}),
              AllOf(HasSubstr("connected_slaves:1\r\nslave0:ip=two,port=7002,state=online,"),
                    Not(HasSubstr("slave1:"))));
}

TEST(CommandCommand, IsMadeFromTheTables) {
  Client client;
  const auto count = std::stoi(client.calls({"COMMAND", "COUNT"}).substr(1));
  EXPECT_GT(count, 30);
  EXPECT_THAT(client.calls({"COMMAND"}), StartsWith("*" + std::to_string(count) + "\r\n"));
  EXPECT_THAT(client.calls({"COMMAND", "LIST"}), StartsWith("*" + std::to_string(count) + "\r\n"));
  EXPECT_THAT(client.calls({"COMMAND", "INFO", "get", "none"}),
              AllOf(StartsWith("*2\r\n*10\r\n$3\r\nget\r\n:2\r\n"), testing::EndsWith("$-1\r\n")));
  EXPECT_EQ(client.calls({"COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2"}),
            "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(client.calls({"COMMAND", "GETKEYS", "ONCE", "1024", "1", "SET", "a", "1"}),
            "*1\r\n$1\r\na\r\n");
  EXPECT_THAT(client.calls({"COMMAND", "DOCS", "get"}), HasSubstr("summary"));
  EXPECT_EQ(client.calls({"COMMAND", "GETKEYSANDFLAGS", "COPY", "a", "b"}),
            "*2\r\n*2\r\n$1\r\na\r\n*2\r\n+RO\r\n+access\r\n"
            "*2\r\n$1\r\nb\r\n*2\r\n+OW\r\n+update\r\n");
  EXPECT_EQ(client.calls({"COMMAND", "LIST", "FILTERBY", "PATTERN", "object|e*"}),
            "*1\r\n$15\r\nobject|encoding\r\n");
}

// Kills: a container that knows its own table's subcommands only.
TEST(CommandCommand, SubcommandsOfTheStore_BelongToTheirContainer) {
  Client client;
  EXPECT_THAT(client.calls({"COMMAND", "INFO", "object"}), HasSubstr("$15\r\nobject|encoding\r\n"));
  EXPECT_THAT(client.calls({"OBJECT", "HELP"}), HasSubstr("+ENCODING key\r\n"));
  EXPECT_EQ(client.calls({"COMMAND", "GETKEYS", "OBJECT", "ENCODING", "k"}), "*1\r\n$1\r\nk\r\n");
  EXPECT_EQ(client.calls({"OBJECT", "ENCODING"}),
            "-ERR wrong number of arguments for 'object|encoding' command\r\n");
  EXPECT_EQ(client.calls({"OBJECT|ENCODING", "k"}).substr(0, 20), "-ERR unknown command");
}

TEST(Config, TellsWhatIsSoAndSetsOnlyThat) {
  Client client;
  EXPECT_EQ(client.calls({"CONFIG", "GET", "append*"}),
            "*4\r\n$11\r\nappendfsync\r\n$6\r\nalways\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n");
  EXPECT_EQ(client.calls({"CONFIG", "SET", "appendonly", "yes"}), "+OK\r\n");
  EXPECT_THAT(client.calls({"CONFIG", "SET", "appendonly", "no"}),
              StartsWith("-ERR CONFIG SET failed"));
  EXPECT_THAT(client.calls({"CONFIG", "SET", "nonsense", "1"}), StartsWith("-ERR Unknown option"));
}

TEST(Debug, UnlessEnabled_IsRefused) {
  EXPECT_EQ(Client().calls({"DEBUG", "SLEEP", "1"}),
            "-ERR DEBUG command not allowed on this server\r\n");
}

TEST(Shutdown, Answers_ByClosing) {
  Client client;
  EXPECT_EQ(client.calls({"SHUTDOWN", "WHENEVER"}), "-ERR syntax error\r\n");
  EXPECT_FALSE(client.node.is_shut_down);
  EXPECT_EQ(client.calls({"SHUTDOWN", "NOSAVE"}), "");
  EXPECT_TRUE(client.node.is_shut_down);
  EXPECT_TRUE(client.connection->should_close());
}

TEST(Time, IsInSecondsAndMicroseconds) {
  EXPECT_EQ(Client().calls({"TIME"}), "*2\r\n$10\r\n1700000000\r\n$2\r\n42\r\n");
}

TEST(Raft, TransferAndCut_NameNodesOfTheCluster) {
  Client client;
  EXPECT_EQ(client.calls({"RAFT", "TRANSFER", "3"}), "+OK\r\n");
  EXPECT_EQ(client.node.transferred_to, NodeId(3));
  EXPECT_EQ(client.calls({"RAFT", "TRANSFER", "9"}), "-ERR no such node: 9\r\n");
  EXPECT_EQ(client.calls({"RAFT", "TRANSFER", "1"}), "-ERR node 1 leads already\r\n");
  client.node.now.membership.members[2].votes = false;
  EXPECT_EQ(client.calls({"RAFT", "TRANSFER", "3"}),
            "-ERR node 3 is a learner, which can't lead\r\n");
  EXPECT_EQ(client.calls({"RAFT", "CUT", "2", "3"}), "+OK\r\n");
  EXPECT_EQ(client.node.cut, (std::vector<NodeId>{NodeId(2), NodeId(3)}));
  EXPECT_EQ(client.calls({"RAFT", "CUT", "2", "x"}), "-ERR no such node: x\r\n");
  EXPECT_EQ(client.calls({"RAFT", "HEAL"}), "+OK\r\n");
  EXPECT_TRUE(client.node.cut.empty());
}

TEST(Raft, Status_NamesEveryField) {
  const std::string status = Client().calls({"RAFT", "STATUS"});
  EXPECT_THAT(status, HasSubstr("$4\r\nrole\r\n$6\r\nleader\r\n"));
  EXPECT_THAT(status, HasSubstr("$14\r\nleader_address\r\n$8\r\none:7001\r\n"));
  EXPECT_THAT(status, Not(HasSubstr("digest")));
  EXPECT_THAT(status, HasSubstr("$7\r\ncluster\r\n$16\r\n0000000000000000\r\n"));
  EXPECT_THAT(status, HasSubstr("$10\r\nmembership\r\n$8\r\n1=,2=,3=\r\n"));
  EXPECT_THAT(status, HasSubstr("$18\r\nmembership_settled\r\n:1\r\n"));
}

// Kills: a pause of the node for whoever watches it.
TEST(Raft, Digest_IsComputedForThoseWhoAskForIt) {
  Client client;
  EXPECT_THAT(client.calls({"RAFT", "STATUS", "digest"}),
              HasSubstr("$6\r\ndigest\r\n$16\r\n0000000000000abc\r\n"));
  EXPECT_EQ(client.node.digests_asked, 1);
  client.calls({"RAFT", "STATUS"});
  EXPECT_EQ(client.node.digests_asked, 1);
  EXPECT_EQ(client.calls({"RAFT", "STATUS", "x"}), "-ERR syntax error\r\n");
}

}  // namespace
}  // namespace holdfast::frontend
