#include "kv/transaction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kv/copies.hpp"
#include "kv/machine.hpp"

namespace holdfast::kv {
namespace {

// A transaction that watches what it is given and then runs these.
Words transaction(const std::vector<std::pair<std::string, std::uint64_t>>& watches,
                  const std::vector<Words>& commands) {
  TransactionWords words(watches.size());
  for (const auto& [key, version] : watches) words.watch(key, version);
  for (const Words& command : commands) words.command(views(command));
  return words.words();
}

std::uint64_t version(const Machine& machine, const std::string& key) {
  const Reply reply = machine.read({std::string(kVersions), key});
  const auto& versions = std::get<Reply::Array>(reply.value);
  return static_cast<std::uint64_t>(std::get<std::int64_t>(versions.at(0).value));
}

TEST(TransactionCommand, ItsCommands_AreExecutedInOrderWithErrorsAmongTheirReplies) {
  Machine machine;
  const Reply reply = machine.run(transaction(
      {}, {{"SET", "k", "v"}, {"INCR", "k"}, {"APPEND", "k", "w"}, {"GET", "k"}, {"DBSIZE"}}));
  EXPECT_EQ(reply,
            Reply::array({Reply::ok(), Reply::error("ERR value is not an integer or out of range"),
                          Reply::integer(2), Reply::bulk("vw"), Reply::integer(1)}));
}

TEST(TransactionCommand, AnswerOfANode_StandsInItsPlace) {
  Machine machine;
  TransactionWords words(0);
  words.answered(Reply::status("PONG"));
  words.command(views({"INCR", "n"}));
  EXPECT_EQ(machine.run(words.words()), Reply::array({Reply::status("PONG"), Reply::integer(1)}));
}

TEST(TransactionCommand, WatchedKeyThatWasChanged_ExecutesNothing) {
  Machine machine;
  machine.run({"SET", "a", "1"});
  const std::vector<std::pair<std::string, std::uint64_t>> watches = {
      {"a", version(machine, "a")}, {"absent", version(machine, "absent")}};
  EXPECT_EQ(machine.run(transaction(watches, {{"INCR", "n"}})), Reply::array({Reply::integer(1)}));
  machine.run({"SET", "a", "1"});
  EXPECT_EQ(machine.run(transaction(watches, {{"INCR", "n"}})), Reply::null_array());
  EXPECT_EQ(machine.read({"GET", "n"}), Reply::bulk("1"));
}

TEST(TransactionCommand, KeyThatCameAndWent_WasChanged) {
  Machine machine;
  const std::vector<std::pair<std::string, std::uint64_t>> watches = {{"k", version(machine, "k")}};
  machine.run_all({{"SET", "k", "v"}, {"DEL", "k"}});
  EXPECT_EQ(machine.run(transaction(watches, {{"INCR", "n"}})), Reply::null_array());
}

TEST(TransactionCommand, InOnce_IsExecutedOnce) {
  Machine machine;
  Words once = {"ONCE", std::to_string(machine.open_session()), "1"};
  const Words inside = transaction({}, {{"INCR", "n"}, {"GET", "n"}});
  once.insert(once.end(), inside.begin(), inside.end());
  const Reply first = machine.run(once);
  EXPECT_EQ(first, Reply::array({Reply::integer(1), Reply::bulk("1")}));
  EXPECT_EQ(machine.run(once), first);
  EXPECT_EQ(machine.read({"GET", "n"}), Reply::bulk("1"));
}

Words in_once(std::int64_t session, int request, const Words& inside) {
  Words once = {"ONCE", std::to_string(session), std::to_string(request)};
  once.insert(once.end(), inside.begin(), inside.end());
  return once;
}

// No client can send these: nodes refuse them. What is in a log must not stop the replicas.
TEST(TransactionCommand, InOnceThatTouchesItsOwnSession_LeavesAStateThatCanBeCopied) {
  for (const Words& inner : {Words{"ONCE", "SESSION", "1", "SET", "x", "1"},
                             Words{"ONCE", "SESSION", "5", "ACK", "5", "SET", "x", "1"},
                             Words{"SESSION", "CLOSE", "SESSION"}}) {
    Machine machine;
    const std::int64_t session = machine.open_session();
    Words words = inner;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i] == "SESSION") words[i] = std::to_string(session);
    }
    EXPECT_FALSE(is_executable(views(transaction({}, {words}))));
    machine.run(in_once(session, 1, transaction({}, {words})));
    machine.run({"SET", "y", "1"});
    EXPECT_TRUE(built_of(copy_of(machine.state()))) << inner.size();
  }
}

TEST(TransactionCommand, InOnceAfterItsOwnChange_IsTheSameRequest) {
  Machine machine;
  const std::int64_t session = machine.open_session();
  machine.run({"SET", "k", "1"});
  const auto ask = [&] {
    return machine.run(
        in_once(session, 1, transaction({{"k", version(machine, "k")}}, {{"INCR", "k"}})));
  };
  const Reply first = ask();
  EXPECT_EQ(first, Reply::array({Reply::integer(2)}));
  EXPECT_EQ(ask(), first) << "what it watches has changed by itself";
  EXPECT_THAT(std::get<Reply::Error>(
                  machine.run(in_once(session, 1, transaction({}, {{"INCR", "j"}}))).value)
                  .text,
              testing::StartsWith("REQUESTREUSED"));
}

TEST(TransactionCommand, RepliesThatWouldFillTheMemory_AreRefused) {
  Machine machine;
  machine.value_bytes_max = 8 << 20;
  machine.run({"SET", "k", std::string(8 << 20, 'x')});
  std::vector<Words> commands(20, {"GETRANGE", "k", "0", "-1"});
  commands.push_back({"INCR", "n"});
  const Reply reply = machine.run(transaction({}, commands));
  const auto& replies = std::get<Reply::Array>(reply.value);
  EXPECT_FALSE(replies[0].is_error());
  EXPECT_TRUE(replies[19].is_error());
  EXPECT_EQ(machine.read({"GET", "n"}), Reply::bulk("1")) << "what writes is executed";
}

// Kills: an entry of the log that takes hours, on every node.
TEST(TransactionCommand, WorkWithoutEnd_IsRefusedAndTheRestIsExecuted) {
  Machine machine;
  const std::string value(4000, 'a');  // for LCS nearly as large as can be
  machine.run_all({{"SET", "a", value}, {"SET", "b", value}});
  std::vector<Words> commands(50, Words{"LCS", "a", "b", "LEN"});
  commands.push_back({"INCR", "n"});
  const Reply reply = machine.run(transaction({}, commands));
  const auto& replies = std::get<Reply::Array>(reply.value);
  EXPECT_EQ(std::ranges::count(replies, Reply::integer(4000)), 4);
  EXPECT_EQ(std::ranges::count_if(replies, [](const Reply& r) { return r.is_error(); }), 46);
  EXPECT_EQ(replies.back(), Reply::integer(1));
}

TEST(TransactionCommand, LargeValuesGoneThroughAgainAndAgain_AreWorkToo) {
  Machine machine;
  const std::string value(1 << 20, 'a');
  machine.run({"SET", "k", value});
  for (const Words& command :
       {Words{"BITCOUNT", "k"}, {"BITPOS", "k", "0"}, {"BITOP", "NOT", "to", "k"}}) {
    const Reply reply = machine.run(transaction({}, std::vector<Words>(1100, command)));
    const auto& replies = std::get<Reply::Array>(reply.value);
    EXPECT_FALSE(replies.front().is_error()) << command[0];
    EXPECT_TRUE(replies.back().is_error()) << command[0];
  }
}

// Kills: sixteen thousand slots gone through by each of very many commands, for next to no keys.
TEST(TransactionCommand, SlotsGoneThroughAgainAndAgain_AreWorkEvenIfTheyAreEmpty) {
  Machine machine;
  machine.run({"SET", "k", "v"});
  for (const Words& command :
       {Words{"SCAN", "0"}, {"KEYS", "*"}, {"RANDOMKEY"}, {"CLUSTER", "GETKEYSINSLOT", "0", "1"}}) {
    const Reply reply = machine.run(transaction({}, std::vector<Words>(1100, command)));
    const auto& replies = std::get<Reply::Array>(reply.value);
    EXPECT_FALSE(replies.at(500).is_error()) << command[0];
    EXPECT_TRUE(replies.back().is_error()) << command[0];
  }
}

// Kills: gigabytes moved or made by a few bytes of commands.
TEST(TransactionCommand, LargeValuesMadeAndMovedAgainAndAgain_AreWorkToo) {
  Machine machine;
  machine.run({"SET", "k", std::string(1 << 20, 'a')});
  std::vector<Words> moves;
  for (int i = 0; i < 600; ++i) {
    moves.push_back({"RENAME", "k", "l"});
    moves.push_back({"RENAME", "l", "k"});
  }
  std::vector<Words> growths;
  for (int i = 0; i < 1100; ++i) {
    growths.push_back({"SETRANGE", "m", std::to_string((1 << 20) - 1), "x"});
    growths.push_back({"DEL", "m"});
  }
  for (const auto& commands : {moves, growths}) {
    const Reply reply = machine.run(transaction({}, commands));
    const auto& replies = std::get<Reply::Array>(reply.value);
    EXPECT_FALSE(replies.front().is_error());
    EXPECT_TRUE(replies.back().is_error());
  }
}

TEST(TransactionCommand, DeepAnswerOfANode_CanBeRecorded) {
  Reply deep = Reply::integer(1);
  for (int i = 0; i < kReplyDepthMax - 1; ++i) deep = Reply::array({deep});
  TransactionWords words(0);
  words.answered(deep);
  Machine machine;
  const std::int64_t session = machine.open_session();
  EXPECT_EQ(machine.run(in_once(session, 1, words.words())), Reply::array({deep}));
  TransactionWords deeper(0);
  deeper.answered(Reply::array({deep}));
  EXPECT_FALSE(is_executable(views(deeper.words())));
}

TEST(TransactionCommand, ExecutableIsOnlyWhatIsWellFormed) {
  const auto is_good = [](const Words& words) { return is_executable(views(words)); };
  const std::string exec(kExec), given(kGiven), versions(kVersions);
  EXPECT_TRUE(is_good({exec, "0"}));
  EXPECT_TRUE(is_good({exec, "1", "k", "7", "2", "GET", "k"}));
  EXPECT_TRUE(is_good({versions, "k"}));
  EXPECT_FALSE(is_good({exec}));
  EXPECT_FALSE(is_good({exec, "x"}));
  EXPECT_FALSE(is_good({exec, "-1"}));
  EXPECT_FALSE(is_good({exec, "1", "k"}));
  EXPECT_FALSE(is_good({exec, "9223372036854775807", "k", "1"}));
  EXPECT_FALSE(is_good({exec, "1", "k", "x"}));
  EXPECT_FALSE(is_good({exec, "0", "0"}));
  EXPECT_FALSE(is_good({exec, "0", "3", "GET", "k"}));
  EXPECT_FALSE(is_good({exec, "0", "1", "GET"})) << "too few arguments";
  EXPECT_FALSE(is_good({exec, "0", "1", "NOSUCH"}));
  EXPECT_FALSE(is_good({exec, "0", "2", exec, "0"})) << "a transaction in a transaction";
  EXPECT_FALSE(is_good({exec, "0", "2", given, "no reply"}));
  EXPECT_FALSE(is_good({given, "no reply"}));
  EXPECT_FALSE(is_good({"ONCE", "1", "1", exec, "x"}));
  EXPECT_FALSE(is_good({"ONCE", "1", "1", given, "no reply"}));
  EXPECT_FALSE(is_good({"|nosuch", "1"}));
}

}  // namespace
}  // namespace holdfast::kv
