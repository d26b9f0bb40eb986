// What a node tells of the commands it was asked for: INFO, SLOWLOG, LATENCY, MONITOR; and
// maxmemory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/node.hpp"

namespace holdfast::frontend {
namespace {

using kv::Reply;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr Instant kStart{std::chrono::seconds(5)};

replica::Cost cost_of(const std::vector<std::string>& args) {
  replica::Cost cost{.asked = kStart,
                     .sent = kStart + milliseconds(2),
                     .durable = kStart + milliseconds(12),
                     .committed = kStart + milliseconds(15)};
  const std::vector<std::string_view> views(args.begin(), args.end());
  Writer out(cost.command);
  kv::put_command(views, out);
  return cost;
}

TEST(CommandStatistics, CallsFailuresAndRejections_AreCounted) {
  Client client;
  client.says("INCR n\r\nINCR\r\nGET\r\nNOSUCH\r\nPING\r\n");
  client.answered(Reply::error("WRONGTYPE no"), kStart + microseconds(300), {.asked = kStart});
  const std::string info = client.calls({"INFO", "commandstats"});
  EXPECT_THAT(info, HasSubstr("cmdstat_incr:calls=1,usec=300,usec_per_call=300.00,"
                              "rejected_calls=1,failed_calls=1\r\n"));
  EXPECT_THAT(info, HasSubstr("cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1"));
  EXPECT_THAT(info, HasSubstr("cmdstat_ping:calls=1,"));
  EXPECT_THAT(client.calls({"INFO", "errorstats"}),
              AllOf(HasSubstr("errorstat_ERR:count=3"), HasSubstr("errorstat_WRONGTYPE:count=1")));
  EXPECT_THAT(client.calls({"INFO"}), Not(HasSubstr("cmdstat_")));
  EXPECT_THAT(client.calls({"INFO", "latencystats"}),
              HasSubstr("latency_percentiles_usec_incr:p50=512,p99=512,p99.9=512\r\n"));
  EXPECT_EQ(client.calls({"CONFIG", "RESETSTAT"}), "+OK\r\n");
  EXPECT_THAT(client.calls({"INFO", "commandstats"}), Not(HasSubstr("cmdstat_incr")));
}

TEST(CommandStatistics, NamesOfErrorsThatClientsMakeUp_DoNotFillTheMemory) {
  Client client;
  for (int i = 0; i < 1000; ++i) {
    client.says("GET a\r\n");
    client.answered(Reply::error("E" + std::to_string(i) + " x"));
  }
  EXPECT_EQ(client.node.statistics().errors().size(), 128u);
}

TEST(Info, KeysThatWereThereOrNot_AreCounted) {
  Client client;
  client.says("GET a\r\nMGET a b\r\nSTRLEN a\r\n");
  client.answered(Reply::null());
  client.answered(Reply::array({Reply::bulk("1"), Reply::null()}));
  client.answered(Reply::integer(1));
  EXPECT_THAT(client.calls({"INFO", "stats"}),
              HasSubstr("keyspace_hits:1\r\nkeyspace_misses:2\r\n"));
  client.calls({"CONFIG", "RESETSTAT"});
  EXPECT_THAT(client.calls({"INFO", "stats"}), HasSubstr("keyspace_misses:0\r\n"));
}

TEST(Info, ExpiredKeys_AreThoseSinceTheLastReset) {
  Client client;
  client.node.now.keys_expired = 5;
  EXPECT_THAT(client.calls({"INFO", "stats"}), HasSubstr("\r\nexpired_keys:5\r\n"));
  client.calls({"CONFIG", "RESETSTAT"});
  client.node.now.keys_expired = 7;
  EXPECT_THAT(client.calls({"INFO", "stats"}), HasSubstr("\r\nexpired_keys:2\r\n"));
}

TEST(Info, Keyspace_TellsHowLongKeysHaveYet) {
  Client client;
  EXPECT_THAT(client.calls({"INFO", "keyspace"}), Not(HasSubstr("db0")));
  client.node.now.keys = 3;
  client.node.now.keys_expiring = 2;
  client.node.now.ttl_mean_ms = 1500;
  EXPECT_THAT(client.calls({"INFO", "keyspace"}),
              HasSubstr("\r\ndb0:keys=3,expires=2,avg_ttl=1500\r\n"));
}

TEST(PerSecond, TellsOfTheLastSecondThatIsOver) {
  PerSecond bytes;
  bytes.add(kStart, 100);
  bytes.add(kStart + milliseconds(999), 50);
  EXPECT_EQ(bytes.at(kStart + milliseconds(999)), 0u);
  EXPECT_EQ(bytes.at(kStart + milliseconds(1000)), 150u);
  bytes.add(kStart + milliseconds(1500), 7);
  EXPECT_EQ(bytes.at(kStart + milliseconds(1500)), 150u);
  EXPECT_EQ(bytes.at(kStart + milliseconds(2500)), 7u);
  EXPECT_EQ(bytes.at(kStart + milliseconds(3500)), 0u) << "nothing came for a second";
}

TEST(Info, BytesOfTheLastSecond_AreToldInKilobytes) {
  Client client;
  client.connection->receive(kStart, "ECHO " + std::string(2030, 'x') + "\r\n");
  client.hears();
  client.connection->receive(kStart + milliseconds(1100), "INFO stats\r\n");
  EXPECT_THAT(client.hears(), HasSubstr("\r\ninstantaneous_input_kbps:1.99\r\n"));
}

TEST(SlowLog, RequestThatTookLong_IsThereWithWhereTheTimeWent) {
  Client client;
  client.calls({"CLIENT", "SETNAME", "me"});
  client.says("SET a 1\r\n");
  client.answered(Reply::ok(), kStart + milliseconds(16), cost_of({"SET", "a", "1"}));
  client.says("SET a 1\r\n");
  client.answered(Reply::ok(), kStart + milliseconds(9), cost_of({"SET", "a", "1"}));
  EXPECT_EQ(client.calls({"SLOWLOG", "LEN"}), ":1\r\n");
  const std::string text = "(waiting 2000 us, disk 10000 us, quorum 3000 us, apply 1000 us)";
  EXPECT_EQ(
      client.calls({"SLOWLOG", "GET"}),
      "*1\r\n*6\r\n:0\r\n:1700000000\r\n:16000\r\n*4\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n$" +
          std::to_string(text.size()) + "\r\n" + text + "\r\n$8\r\nclient:9\r\n$2\r\nme\r\n");
  EXPECT_EQ(client.calls({"SLOWLOG", "GET", "0"}), "*0\r\n");
  EXPECT_THAT(client.calls({"SLOWLOG", "GET", "-2"}), StartsWith("-ERR count should be"));
  EXPECT_EQ(client.calls({"SLOWLOG", "RESET"}), "+OK\r\n");
  EXPECT_EQ(client.calls({"SLOWLOG", "LEN"}), ":0\r\n");
}

TEST(SlowLog, KeepsTheLastOnesAndShortensThem) {
  Client client;
  client.calls({"CONFIG", "SET", "slowlog-max-len", "3", "slowlog-log-slower-than", "0"});
  std::vector<std::string> args(41, std::string(200, 'x'));
  for (int i = 0; i < 5; ++i) {
    client.says("SET a 1\r\n");
    client.answered(Reply::ok(), kStart + milliseconds(16), cost_of(args));
  }
  const auto& entries = client.node.statistics().slowlog.entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries.front().id, 4u);
  ASSERT_EQ(entries.front().args.size(), 32u);
  EXPECT_EQ(entries.front().args[1], std::string(128, 'x') + "... (72 more bytes)");
  EXPECT_EQ(entries.front().args[31], "... (10 more arguments)");
  client.calls({"CONFIG", "SET", "slowlog-log-slower-than", "-1"});
  client.says("SET a 1\r\n");
  client.answered(Reply::ok(), kStart + milliseconds(16), cost_of(args));
  EXPECT_EQ(entries.front().id, 4u) << "a negative bound turns it off";
}

TEST(Latency, WhatTookLongerThanTheThreshold_IsRememberedByItsPart) {
  Client client;
  client.says("SET a 1\r\n");
  client.answered(Reply::ok(), kStart + milliseconds(16), cost_of({"SET", "a", "1"}));
  EXPECT_EQ(client.calls({"LATENCY", "LATEST"}), "*0\r\n");
  client.calls({"CONFIG", "SET", "latency-monitor-threshold", "5"});
  client.says("SET a 1\r\n");
  client.answered(Reply::ok(), kStart + milliseconds(16), cost_of({"SET", "a", "1"}));
  EXPECT_EQ(client.calls({"LATENCY", "LATEST"}),
            "*2\r\n*4\r\n$7\r\ncommand\r\n:1700000000\r\n:16\r\n:16\r\n"
            "*4\r\n$4\r\ndisk\r\n:1700000000\r\n:10\r\n:10\r\n");
  EXPECT_EQ(client.calls({"LATENCY", "HISTORY", "disk"}), "*1\r\n*2\r\n:1700000000\r\n:10\r\n");
  EXPECT_THAT(client.calls({"LATENCY", "DOCTOR"}), HasSubstr("disk: 1 times"));
  EXPECT_EQ(client.calls({"LATENCY", "RESET", "disk", "nosuch"}), ":1\r\n");
  EXPECT_EQ(client.calls({"LATENCY", "HISTORY", "disk"}), "*0\r\n");
}

TEST(Monitor, HearsOfEveryCommandButOfNoPassword) {
  Client client;
  EXPECT_EQ(client.calls({"MONITOR"}), "+OK\r\n");
  client.calls({"AUTH", "secret"});
  client.calls({"HELLO", "2", "AUTH", "default", "secret"});
  client.calls({"ECHO", std::string("a\"\n\x01", 4)});
  EXPECT_THAT(client.node.monitored,
              ElementsAre("1700000000.000042 [0 client:9] \"ECHO\" \"a\\\"\\n\\x01\""));
  EXPECT_TRUE(client.connection->hear("a line"));
  EXPECT_EQ(client.hears(), "+a line\r\n");
  client.calls({"RESET"});
  EXPECT_FALSE(client.connection->hear("a line"));
  EXPECT_EQ(client.node.statistics().monitors, 0u);
}

TEST(Monitor, ClientThatGoes_CostsNothingMore) {
  Client client;
  client.calls({"MONITOR"});
  EXPECT_EQ(client.node.statistics().monitors, 1u);
  client.connection.reset();
  EXPECT_EQ(client.node.statistics().monitors, 0u);
}

TEST(MaxMemory, WritesThatMayNeedMore_AreRefusedBeforeTheyAreSent) {
  Client client;
  EXPECT_EQ(client.calls({"CONFIG", "SET", "maxmemory", "1mb"}), "+OK\r\n");
  EXPECT_EQ(client.calls({"CONFIG", "GET", "maxmemory"}),
            "*2\r\n$9\r\nmaxmemory\r\n$7\r\n1048576\r\n");
  for (const char* write : {"SET a 1\r\n", "APPEND a 1\r\n", "ONCE 1 1 SET a 1\r\n"}) {
    EXPECT_EQ(client.says(write), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  }
  EXPECT_FALSE(client.node.was_asked());
  client.says("DEL a\r\n");
  client.says("GET a\r\n");
  EXPECT_EQ(client.node.submitted.size(), 2u);
  client.answered(Reply::integer(1));
  client.answered(Reply::null());
  client.says("MULTI\r\n");
  EXPECT_THAT(client.says("SET a 1\r\n"), StartsWith("-OOM "));
  EXPECT_THAT(client.says("EXEC\r\n"), StartsWith("-EXECABORT "));
  client.node.memory = 1'000'000;
  EXPECT_EQ(client.says("SET a 1\r\n"), "");
}

TEST(ConfigSet, OneValueThatIsNone_ChangesNothing) {
  Client client;
  EXPECT_THAT(
      client.calls({"CONFIG", "SET", "maxmemory", "5", "slowlog-max-len", "x"}),
      StartsWith("-ERR CONFIG SET failed (possibly related to argument 'slowlog-max-len')"));
  EXPECT_EQ(client.node.statistics().tunables.maxmemory, 0u);
  EXPECT_THAT(client.calls({"CONFIG", "SET", "maxmemory", "-1"}), StartsWith("-ERR CONFIG SET"));
  EXPECT_THAT(client.calls({"CONFIG", "SET", "maxmemory", "99999999999gb"}),
              StartsWith("-ERR CONFIG SET"));
}

}  // namespace
}  // namespace holdfast::frontend
