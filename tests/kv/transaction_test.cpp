#include "kv/transaction.hpp"

#include <gtest/gtest.h>

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
