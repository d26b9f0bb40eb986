// What a connection does with bytes, whatever the commands: order, bounds, ends.
#include "frontend/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/node.hpp"

namespace holdfast::frontend {
namespace {

using kv::Reply;
using testing::HasSubstr;
using testing::StartsWith;

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(Connection, AnswersThatComeInAnotherOrder_AreWrittenInTheOrderOfRequests) {
  Client client;
  EXPECT_EQ(client.says("SET a 1\r\nSET b 2\r\nSET c 3\r\n"), "");
  ASSERT_EQ(client.node.submitted.size(), 3u);
  const auto requests = client.node.submitted;
  client.connection->complete(Instant(), requests[2].request, Reply::integer(3));
  client.connection->complete(Instant(), requests[1].request, Reply::integer(2));
  EXPECT_EQ(client.hears(), "");
  client.connection->complete(Instant(), requests[0].request, Reply::integer(1));
  EXPECT_EQ(client.hears(), ":1\r\n:2\r\n:3\r\n");
}

TEST(Connection, LocalAnswerBehindAWrite_WaitsForIt) {
  Client client;
  EXPECT_EQ(client.says("SET a 1\r\nPING\r\n"), "");
  EXPECT_EQ(client.answered(Reply::ok()), "+OK\r\n+PONG\r\n");
}

TEST(Connection, ReadBehindAWrite_GoesThroughTheLogAfterIt) {
  Client client;
  client.says("SET a 1\r\nGET a\r\n");
  ASSERT_EQ(client.node.submitted.size(), 2u);
  EXPECT_TRUE(client.node.submitted[1].is_write);
  client.answered(Reply::ok());
  client.answered(Reply::bulk("1"));
  client.says("GET a\r\n");
  EXPECT_FALSE(client.node.submitted.front().is_write) << "nothing is under way any more";
}

TEST(Connection, WriteBehindReads_WaitsForTheirAnswers) {
  Client client;
  client.says("GET a\r\nGET a\r\nSET a 1\r\n");
  ASSERT_EQ(client.node.submitted.size(), 2u);
  EXPECT_FALSE(client.connection->wants_read());
  EXPECT_EQ(client.answered(Reply::bulk("0")), "$1\r\n0\r\n");
  EXPECT_EQ(client.node.submitted.size(), 1u);
  EXPECT_EQ(client.answered(Reply::bulk("0")), "$1\r\n0\r\n");
  ASSERT_EQ(client.node.submitted.size(), 1u);
  EXPECT_EQ(client.node.submitted.front().args, (std::vector<std::string>{"SET", "a", "1"}));
  EXPECT_TRUE(client.connection->wants_read());
}

TEST(Connection, Wait_RunsWhenAllBeforeItIsAnswered) {
  Client client;
  EXPECT_EQ(client.says("SET a 1\r\nWAIT 1 0\r\nPING\r\n"), "");
  EXPECT_EQ(client.answered(Reply::ok()), "+OK\r\n:1\r\n+PONG\r\n");
}

TEST(Connection, SessionCutAnywhere_SaysTheSame) {
  const std::string bytes = Client::request({"HELLO", "3"}) + "PING\r\n" +
                            Client::request({"ECHO", "a\r\nb"}) + Client::request({"NOSUCH", "x"}) +
                            Client::request({"CLIENT", "SETNAME", "n"}) + Client::request({"GET"}) +
                            Client::request({"CLIENT", "GETNAME"});
  const std::string whole = Client().says(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Client client;
    std::string replies = client.says(bytes.substr(0, cut));
    replies += client.says(bytes.substr(cut));
    ASSERT_EQ(replies, whole) << cut;
  }
}

TEST(Connection, ManyRequestsUnderWay_StopReadingUntilSomeAreAnswered) {
  Settings settings;
  settings.pending_requests_max = 4;
  Client client(settings);
  client.says(times(10, "SET a 1\r\n"));
  EXPECT_EQ(client.node.submitted.size(), 4u);
  EXPECT_FALSE(client.connection->wants_read());
  for (int i = 0; i < 10; ++i) {
    ASSERT_FALSE(client.node.submitted.empty()) << i;
    EXPECT_EQ(client.answered(Reply::ok()), "+OK\r\n");
  }
  EXPECT_TRUE(client.connection->wants_read());
}

TEST(Connection, ManyBytesUnderWay_StopReadingButOneRequestAlwaysGoes) {
  Settings settings;
  settings.pending_bytes_max = 1000;
  Client client(settings);
  const std::string large = Client::request({"SET", "a", std::string(5000, 'v')});
  client.says(large + large);
  EXPECT_EQ(client.node.submitted.size(), 1u);
  EXPECT_EQ(client.answered(Reply::ok()), "+OK\r\n");
  EXPECT_EQ(client.node.submitted.size(), 1u);
}

// Requests are small; what they ask for is not. So the size of recent answers counts.
TEST(Connection, LargeAnswers_LetFewerRequestsGoAhead) {
  Settings settings;
  settings.pending_bytes_max = 100'000;
  Client client(settings);
  client.says("GET a\r\n");
  client.answered(Reply::bulk(std::string(30'000, 'v')));
  client.says(times(100, "GET a\r\n"));
  EXPECT_LE(client.node.submitted.size(), 4u);
}

TEST(Connection, RepliesThatAreNotTaken_StopReading) {
  Settings settings;
  settings.output_bytes_pause = 1000;
  Client client(settings);
  const std::string echo = Client::request({"ECHO", std::string(600, 'e')});
  client.connection->receive(Instant(), times(10, echo));
  EXPECT_FALSE(client.connection->wants_read());
  EXPECT_LT(client.connection->take_output().size(), 3000u);
  client.connection->resume(Instant());
  EXPECT_EQ(client.hears(), times(8, "$600\r\n" + std::string(600, 'e') + "\r\n"));
  EXPECT_TRUE(client.connection->wants_read());
}

TEST(Connection, RepliesOverTheMaximum_EndIt) {
  Settings settings;
  settings.output_bytes_pause = 100;
  settings.output_bytes_max = 10'000;
  Client client(settings);
  client.connection->receive(Instant(), times(3, "GET a\r\n"));
  for (int i = 0; i < 3; ++i) {
    const auto request = client.node.submitted[static_cast<std::size_t>(i)].request;
    client.connection->complete(Instant(), request, Reply::bulk(std::string(6000, 'v')));
  }
  EXPECT_TRUE(client.connection->overflowed());
  EXPECT_TRUE(client.connection->should_close());
}

TEST(Connection, ArgumentOverTheLimit_IsRefusedAndTheNextCommandServed) {
  Settings settings;
  settings.value_bytes_max = 100;
  settings.command_bytes_max = 1000;
  settings.key_bytes_max = 10;
  Client client(settings);
  EXPECT_EQ(client.calls({"SET", "a", std::string(101, 'v')}),
            "-ERR value is longer than the limit of 100 bytes\r\n");
  EXPECT_EQ(client.calls(std::vector<std::string>(30, std::string(90, 'v'))),
            "-ERR command is longer than the limit of 1000 bytes\r\n");
  EXPECT_EQ(client.calls({"SET", std::string(11, 'k'), "v"}),
            "-ERR key is longer than the limit of 10 bytes\r\n");
  EXPECT_EQ(client.calls({"MSET", "a", "1", std::string(11, 'k'), "v"}),
            "-ERR key is longer than the limit of 10 bytes\r\n");
  EXPECT_TRUE(client.node.submitted.empty());
  EXPECT_EQ(client.calls({"PING"}), "+PONG\r\n");
}

TEST(Connection, ProtocolError_IsSaidAfterEarlierRepliesThenItCloses) {
  Client client;
  EXPECT_EQ(client.says("SET a 1\r\n*1\r\n$-5\r\nPING\r\n"), "");
  EXPECT_FALSE(client.connection->wants_read());
  EXPECT_FALSE(client.connection->should_close());
  EXPECT_EQ(client.answered(Reply::ok()), "+OK\r\n-ERR Protocol error: invalid bulk length\r\n");
  EXPECT_TRUE(client.connection->should_close());
}

TEST(Connection, EndOfInput_LetsWhatWasAskedBeAnswered) {
  Client client;
  client.says("SET a 1\r\n");
  client.connection->end_of_input();
  EXPECT_FALSE(client.connection->wants_read());
  EXPECT_FALSE(client.connection->should_close());
  EXPECT_EQ(client.answered(Reply::ok()), "+OK\r\n");
  EXPECT_TRUE(client.connection->should_close());
}

TEST(Connection, Quit_ClosesAndWhatFollowsIsNotRun) {
  Client client;
  EXPECT_EQ(client.says("PING\r\nQUIT\r\nSET a 1\r\n"), "+PONG\r\n+OK\r\n");
  EXPECT_TRUE(client.connection->should_close());
  EXPECT_TRUE(client.node.submitted.empty());
}

TEST(Connection, Http_IsClosedWithoutAWord) {
  for (const char* line : {"POST / HTTP/1.1\r\n", "Host: localhost\r\n"}) {
    Client client;
    EXPECT_EQ(client.says(std::string(line) + "SET a 1\r\n"), "");
    EXPECT_TRUE(client.connection->should_close());
    EXPECT_TRUE(client.node.submitted.empty());
  }
}

TEST(Connection, InlineCommands_AreServed) {
  Client client;
  EXPECT_EQ(client.says("ping\r\n\r\nEcho \"a\\x00b\"\r\n"),
            "+PONG\r\n$3\r\n" + std::string("a\0b", 3) + "\r\n");
  client.says("set k 'a b'\n");
  EXPECT_EQ(client.node.submitted.front().args, (std::vector<std::string>{"set", "k", "a b"}));
}

TEST(Connection, WrongUse_IsToldInRedisWords) {
  Client client;
  EXPECT_EQ(client.calls({"GET"}), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(client.calls({"CLIENT", "SETNAME"}),
            "-ERR wrong number of arguments for 'client|setname' command\r\n");
  EXPECT_THAT(client.calls({"NoSuch", "x"}),
              StartsWith("-ERR unknown command 'NoSuch', with args beginning with: 'x'"));
  EXPECT_THAT(client.calls({"CLIENT", "x"}), StartsWith("-ERR unknown subcommand 'x'"));
  EXPECT_THAT(client.calls({"CLIENT", "HELP"}), HasSubstr("SETNAME"));
  EXPECT_EQ(client.calls({"SELECT", "1"}), "-ERR DB index is out of range\r\n");
}

TEST(Connection, Description_ShowsWhatItWaitsFor) {
  Client client;
  client.calls({"CLIENT", "SETNAME", "worker"});
  client.calls({"SET", "a", "1"});
  const std::string line = client.connection->describe(Instant() + std::chrono::seconds(7));
  EXPECT_THAT(line, StartsWith("id=5 addr=client:9 "));
  EXPECT_THAT(line, HasSubstr(" name=worker "));
  EXPECT_THAT(line, HasSubstr(" age=7 "));
  EXPECT_THAT(line, HasSubstr(" cmd=set"));
}

}  // namespace
}  // namespace holdfast::frontend
