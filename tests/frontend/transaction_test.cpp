// MULTI, EXEC, WATCH: what of them reaches the node, and what the client hears.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/node.hpp"
#include "kv/transaction.hpp"

namespace holdfast::frontend {
namespace {

using kv::Reply;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kExec(kv::kExec);

TEST(Multi, Exec_SendsAllAsOneCommand) {
  Client client;
  EXPECT_EQ(client.says("MULTI\r\nSET a 1\r\nGET a\r\n"), "+OK\r\n+QUEUED\r\n+QUEUED\r\n");
  EXPECT_FALSE(client.node.was_asked());
  EXPECT_EQ(client.says("EXEC\r\n"), "");
  ASSERT_EQ(client.node.submitted.size(), 1u);
  EXPECT_TRUE(client.node.submitted[0].is_write);
  EXPECT_THAT(client.node.submitted[0].args,
              ElementsAre(kExec, "0", "3", "SET", "a", "1", "2", "GET", "a"));
  EXPECT_EQ(client.answered(Reply::array({Reply::ok(), Reply::bulk("1")})),
            "*2\r\n+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(client.says("EXEC\r\n"), "-ERR EXEC without MULTI\r\n");
}

TEST(Multi, WhatTheNodeAnswers_IsAnsweredAtExecInItsPlace) {
  Client client;
  client.says("MULTI\r\n");
  EXPECT_EQ(client.says("PING\r\nCLIENT SETNAME n\r\n"), "+QUEUED\r\n+QUEUED\r\n");
  EXPECT_THAT(client.connection->describe(Instant()), HasSubstr(" name= "));
  client.says("INCR n\r\nEXEC\r\n");
  EXPECT_THAT(client.connection->describe(Instant()), HasSubstr(" name=n "));
  std::vector<std::string_view> args(client.node.submitted[0].args.begin(),
                                     client.node.submitted[0].args.end());
  const auto transaction = kv::parse_transaction(args);
  ASSERT_TRUE(transaction);
  ASSERT_EQ(transaction->commands.size(), 3u);
  EXPECT_EQ(transaction->commands[0][0], kv::kGiven);
  EXPECT_THAT(std::string(transaction->commands[0][1]), HasSubstr("PONG"));
  EXPECT_EQ(transaction->commands[2][0], "INCR");
}

TEST(Multi, CommandThatIsRefused_SpoilsTheTransaction) {
  for (const char* bad :
       {"NOSUCH\r\n", "GET\r\n", "CLIENT NOSUCH\r\n", "ONCE 1 1 PING\r\n", "RAFT REMOVE 2\r\n",
        "ONCE 1 1 |exec 0\r\n", "ONCE 1 1 SET a 1\r\n", "SESSION CLOSE 1\r\n"}) {
    Client client;
    client.says("MULTI\r\n");
    EXPECT_THAT(client.says(bad), testing::StartsWith("-ERR ")) << bad;
    EXPECT_EQ(client.says("SET a 1\r\n"), "+QUEUED\r\n");
    EXPECT_THAT(client.says("EXEC\r\n"), testing::StartsWith("-EXECABORT ")) << bad;
    EXPECT_FALSE(client.node.was_asked()) << bad;
    EXPECT_EQ(client.says("MULTI\r\nEXEC\r\n"), "+OK\r\n");
    EXPECT_TRUE(client.node.was_asked()) << "the next one is a new one";
  }
}

TEST(Multi, Wait_IsAboutWhatWasAskedBefore) {
  Client client;
  client.says("SET a 1\r\nMULTI\r\n");
  EXPECT_EQ(client.says("WAIT 1 0\r\nUNWATCH\r\n"), "");
  client.says("EXEC\r\n");
  ASSERT_EQ(client.node.submitted.size(), 1u);
  EXPECT_EQ(client.node.submitted.back().args[0], "SET") << "EXEC is held";
  EXPECT_EQ(client.answered(Reply::ok()), "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n");
  const auto& words = client.node.submitted.back().args;
  const std::vector<std::string_view> args(words.begin(), words.end());
  const auto transaction = kv::parse_transaction(args);
  ASSERT_TRUE(transaction) << words[0];
  ASSERT_EQ(transaction->commands.size(), 2u);
  Reader answer(transaction->commands[0][1]);
  EXPECT_EQ(kv::decode_reply(answer), Reply::integer(1)) << "a majority of three has it";
}

TEST(Multi, ArgumentThatIsTooLarge_SpoilsTheTransactionAndNoLaterOne) {
  Settings settings;
  settings.value_bytes_max = 100;
  Client client(settings);
  const std::string large = Client::request({"SET", "a", std::string(100'000, 'v')});
  EXPECT_THAT(client.says(large), HasSubstr("longer than the limit"));
  client.says("MULTI\r\nEXEC\r\n");
  EXPECT_EQ(client.answered(Reply::array({})), "*0\r\n");
  client.says("MULTI\r\n" + large);
  EXPECT_THAT(client.says("EXEC\r\n"), testing::StartsWith("-EXECABORT "));
}

TEST(Multi, MoreThanACommandMayHave_IsRefused) {
  Settings settings;
  settings.command_bytes_max = 1000;
  Client client(settings);
  client.says("MULTI\r\n");
  std::string heard;
  for (int i = 0; i < 20; ++i) heard = client.says("SET key " + std::string(50, 'v') + "\r\n");
  EXPECT_THAT(heard, HasSubstr("longer than the limit"));
  EXPECT_THAT(client.says("EXEC\r\n"), testing::StartsWith("-EXECABORT "));
}

TEST(Multi, WordsOutOfPlace_AreErrorsThatSpoilNothing) {
  Client client;
  EXPECT_EQ(client.says("DISCARD\r\n"), "-ERR DISCARD without MULTI\r\n");
  client.says("MULTI\r\n");
  EXPECT_EQ(client.says("MULTI\r\n"), "-ERR MULTI calls can not be nested\r\n");
  EXPECT_EQ(client.says("WATCH a\r\n"), "-ERR WATCH inside MULTI is not allowed\r\n");
  client.says("SET a 1\r\nEXEC\r\n");
  EXPECT_EQ(client.node.submitted.size(), 1u);
}

TEST(Multi, Discard_ForgetsCommandsAndWatches) {
  Client client;
  client.says("WATCH a\r\n");
  client.answered(Reply::array({Reply::integer(8)}));
  EXPECT_EQ(client.says("MULTI\r\nSET a 1\r\nDISCARD\r\n"), "+OK\r\n+QUEUED\r\n+OK\r\n");
  client.says("MULTI\r\nEXEC\r\n");
  EXPECT_THAT(client.node.submitted[0].args, ElementsAre(kExec, "0"));
}

TEST(Multi, Reset_EndsIt) {
  Client client;
  EXPECT_EQ(client.says("MULTI\r\nSET a 1\r\nRESET\r\n"), "+OK\r\n+QUEUED\r\n+RESET\r\n");
  EXPECT_EQ(client.says("EXEC\r\n"), "-ERR EXEC without MULTI\r\n");
}

TEST(Multi, ExecInOnce_SendsItUnderTheSession) {
  Client client;
  client.says("MULTI\r\nSET a 1\r\nONCE 5 6 ACK 2 EXEC\r\n");
  ASSERT_EQ(client.node.submitted.size(), 1u);
  EXPECT_THAT(client.node.submitted[0].args,
              ElementsAre("ONCE", "5", "6", "ACK", "2", kExec, "0", "3", "SET", "a", "1"));
  client.answered(Reply::array({Reply::ok()}));
  EXPECT_EQ(client.says("ONCE 5 7 EXEC\r\n"), "-ERR EXEC without MULTI\r\n");
}

TEST(Multi, ExecBehindReads_WaitsForTheirAnswers) {
  Client client;
  client.says("GET a\r\nMULTI\r\nSET a 1\r\nEXEC\r\n");
  EXPECT_EQ(client.node.submitted.size(), 1u);
  client.answered(Reply::bulk("0"));
  EXPECT_EQ(client.node.submitted.size(), 1u);
  EXPECT_EQ(client.node.submitted[0].args[0], kExec);
}

TEST(Watch, AsksForVersionsAndExecNamesThem) {
  Client client;
  EXPECT_EQ(client.says("WATCH a b\r\n"), "");
  ASSERT_EQ(client.node.submitted.size(), 1u);
  EXPECT_FALSE(client.node.submitted[0].is_write);
  EXPECT_THAT(client.node.submitted[0].args, ElementsAre(std::string(kv::kVersions), "a", "b"));
  EXPECT_EQ(client.answered(Reply::array({Reply::integer(8), Reply::integer(3)})), "+OK\r\n");
  client.says("MULTI\r\nSET a 1\r\nEXEC\r\n");
  EXPECT_THAT(client.node.submitted[0].args,
              ElementsAre(kExec, "2", "a", "8", "b", "3", "3", "SET", "a", "1"));
  EXPECT_EQ(client.answered(Reply::null_array()), "*-1\r\n");
  client.says("MULTI\r\nEXEC\r\n");
  EXPECT_THAT(client.node.submitted[0].args, ElementsAre(kExec, "0")) << "EXEC ends the watches";
}

TEST(Watch, NullArray_IsNullInResp3) {
  Client client;
  client.says("HELLO 3\r\n");
  client.says("MULTI\r\nEXEC\r\n");
  EXPECT_EQ(client.answered(Reply::null_array()), "_\r\n");
}

TEST(Watch, InOnePipelineWithExec_IsAnsweredFirst) {
  Client client;
  client.says("WATCH a\r\nMULTI\r\nSET a 1\r\nEXEC\r\n");
  EXPECT_EQ(client.node.submitted.size(), 1u);
  client.answered(Reply::array({Reply::integer(8)}));
  ASSERT_EQ(client.node.submitted.size(), 1u);
  EXPECT_THAT(client.node.submitted[0].args,
              ElementsAre(kExec, "1", "a", "8", "3", "SET", "a", "1"));
}

TEST(Watch, Unwatch_WaitsForTheWatchAndEndsIt) {
  Client client;
  client.says("WATCH a\r\nUNWATCH\r\nMULTI\r\nEXEC\r\n");
  EXPECT_EQ(client.answered(Reply::array({Reply::integer(8)})), "+OK\r\n+OK\r\n+OK\r\n");
  EXPECT_THAT(client.node.submitted[0].args, ElementsAre(kExec, "0"));
}

TEST(Watch, ThatFails_WatchesNothingAndSaysSo) {
  Client client;
  client.says("WATCH a\r\n");
  EXPECT_EQ(client.answered(Reply::error("CLUSTERDOWN no leader")), "-CLUSTERDOWN no leader\r\n");
}

TEST(Watch, ThatFailed_StopsTheExecBehindItInThePipeline) {
  Client client;
  client.says("WATCH a\r\nMULTI\r\nSET a 1\r\nEXEC\r\n");
  EXPECT_THAT(client.answered(Reply::error("CLUSTERDOWN no leader")), HasSubstr("-EXECABORT "));
  EXPECT_FALSE(client.node.was_asked());
  EXPECT_EQ(client.says("MULTI\r\nEXEC\r\n"), "+OK\r\n") << "the next one is a new one";
}

TEST(Watch, MoreThanACommandMayHave_IsRefused) {
  Settings settings;
  settings.command_bytes_max = 1000;
  Client client(settings);
  std::string heard;
  for (int i = 0; i < 30; ++i) {
    heard = client.says("WATCH key" + std::to_string(i) + "\r\n");
    if (client.node.was_asked()) client.answered(Reply::array({Reply::integer(8)}));
  }
  EXPECT_THAT(heard, HasSubstr("longer than the limit"));
  client.says("UNWATCH\r\nWATCH a\r\n");
  EXPECT_TRUE(client.node.was_asked());
}

TEST(Multi, AnswersOfTheNodeThatWouldFillTheMemory_AreRefused) {
  Settings settings;
  settings.command_bytes_max = 20'000;
  Client client(settings);
  client.says("MULTI\r\n");
  for (int i = 0; i < 50; ++i) client.says("COMMAND DOCS\r\n");
  EXPECT_THAT(client.says("EXEC\r\n"), HasSubstr("longer than the limit"));
  EXPECT_FALSE(client.node.was_asked());
}

// Its value must not be older than the version that was seen.
TEST(Watch, StaleReadBehindIt_IsLinearizable) {
  Client client;
  client.says("READONLY MAXSTALE 1000\r\n");
  client.says("WATCH a\r\n");
  client.node.max_stale = Duration();
  client.says("GET a\r\n");
  EXPECT_EQ(client.node.max_stale, Duration());
  client.answered(Reply::array({Reply::integer(8)}));
  client.answered(Reply::bulk("v"));
  client.says("GET a\r\n");
  EXPECT_EQ(client.node.max_stale, std::chrono::seconds(1));
}

}  // namespace
}  // namespace holdfast::frontend
