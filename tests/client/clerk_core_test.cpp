#include "client/clerk_core.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::client {
namespace {

using namespace std::chrono_literals;
using Action = ClerkCore::Action;
using Kind = ClerkCore::Kind;
using resp::Value;

const std::vector<Address> kNodes{{"n", 1}, {"n", 2}, {"n", 3}};
const std::vector<std::string> kAppend{"APPEND", "k", "x"};

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Value error(std::string text) {
  return {Value::Error{std::move(text)}};
}

Value integer(std::int64_t n) {
  return {n};
}

// A clerk with the last thing it wants, in short words: "connect 2", "send GET k", "rest", "done",
// "failed: …".
class Script : public testing::Test {
 protected:
  explicit Script(ClerkOptions options = {}) : core(kNodes, options) {}

  std::string start(Kind kind, std::vector<std::string> args) {
    return does(core.start(now, kind, std::move(args)));
  }
  std::string connected() { return does(core.connected(now)); }
  std::string broken() { return does(core.disconnected(now, "broken")); }
  std::string gets(Value reply) { return does(core.received(now, std::move(reply))); }
  std::string silence() {
    now = until;
    return does(core.timed_out(now));
  }

  // Up to where the command itself was sent; returns that.
  std::string reach_send(Kind kind, const std::vector<std::string>& args) {
    start(kind, args);
    connected();
    std::string step = gets({Value::Array{}});  // CLUSTER SLOTS
    if (step == "send SESSION OPEN") step = gets(integer(1024));
    return step;
  }

  ClerkError::Kind failure() const { return result->error().kind; }

  Instant now{1s};
  Instant until;
  ClerkCore core;
  std::optional<ClerkResult> result;

 private:
  std::string does(Action action) {
    if (const auto* connect = std::get_if<ClerkCore::Connect>(&action)) {
      until = connect->until;
      return "connect " + std::to_string(connect->address.port);
    }
    if (const auto* send = std::get_if<ClerkCore::Send>(&action)) {
      until = send->until;
      return "send " + join(send->args);
    }
    if (const auto* rest = std::get_if<ClerkCore::Rest>(&action)) {
      until = rest->until;
      return "rest";
    }
    result = std::get<ClerkCore::Done>(action).result;
    return *result ? "done" : "failed: " + result->error().text;
  }
};

class Clerk : public Script {};

std::string other_than(const std::string& connect) {
  const int port = connect.back() - '0';
  return "connect " + std::to_string(port % 3 + 1);
}

TEST_F(Clerk, FirstWrite_LocatesOpensASessionAndIsNumbered) {
  start(Kind::kWrite, kAppend);
  EXPECT_EQ(connected(), "send CLUSTER SLOTS");
  EXPECT_EQ(gets({Value::Array{}}), "send SESSION OPEN");
  EXPECT_EQ(gets(integer(1024)), "send ONCE 1024 1 ACK 1 APPEND k x");
  EXPECT_EQ(gets(integer(1)), "done");
  EXPECT_EQ((*result)->value, Value{integer(1)}.value);
}

TEST_F(Clerk, NextWrite_GoesOutAtOnceWithTheNextNumber) {
  reach_send(Kind::kWrite, kAppend);
  gets(integer(1));
  EXPECT_EQ(start(Kind::kWrite, kAppend), "send ONCE 1024 2 ACK 2 APPEND k x");
}

TEST_F(Clerk, Read_NeedsNoSession) {
  EXPECT_EQ(reach_send(Kind::kRead, {"GET", "k"}), "send GET k");
}

TEST_F(Clerk, ConnectionBreaksAfterSend_SameRequestGoesToTheNextNode) {
  const std::string first = start(Kind::kWrite, kAppend);
  connected();
  gets({Value::Array{}});
  gets(integer(1024));
  EXPECT_EQ(broken(), other_than(first));
  EXPECT_EQ(connected(), "send ONCE 1024 1 ACK 1 APPEND k x");
}

TEST_F(Clerk, SilenceAfterSend_SameRequestGoesToTheNextNode) {
  const std::string first = start(Kind::kWrite, kAppend);
  connected();
  gets({Value::Array{}});
  gets(integer(1024));
  const Instant sent = now;
  EXPECT_EQ(silence(), other_than(first));
  EXPECT_EQ(now - sent, ClerkOptions().try_timeout);
  EXPECT_EQ(connected(), "send ONCE 1024 1 ACK 1 APPEND k x");
}

TEST_F(Clerk, Moved_GoesThereWithTheSameRequest) {
  reach_send(Kind::kWrite, kAppend);
  EXPECT_EQ(gets(error("MOVED 7629 n:2")), "connect 2");
  EXPECT_EQ(connected(), "send CLUSTER SLOTS");
  EXPECT_EQ(gets({Value::Array{}}), "send ONCE 1024 1 ACK 1 APPEND k x");
}

TEST_F(Clerk, MovedToANodeThatWasNotListed_GoesThere) {
  reach_send(Kind::kWrite, kAppend);
  EXPECT_EQ(gets(error("MOVED 7629 other:9")), "connect 9");
}

TEST_F(Clerk, MovedToADeadNode_LetsAnotherPassTheCommandOn) {
  reach_send(Kind::kWrite, kAppend);
  gets(error("MOVED 7629 n:2"));
  EXPECT_NE(broken(), "connect 2");
  EXPECT_EQ(connected(), "send ONCE 1024 1 ACK 1 APPEND k x") << "and does not ask to be moved";
}

TEST_F(Clerk, MovedInACircle_Rests) {
  reach_send(Kind::kWrite, kAppend);
  std::string step;
  for (int hops = 0; hops < 10 && step != "rest"; ++hops) {
    step = gets(error("MOVED 7629 n:" + std::to_string(hops % 3 + 1)));
    if (step != "rest" && connected() == "send CLUSTER SLOTS") gets({Value::Array{}});
  }
  EXPECT_EQ(step, "rest");
}

TEST_F(Clerk, AllNodesDown_RestsLongerAfterEachRound) {
  start(Kind::kRead, {"GET", "k"});
  std::vector<Duration> rests;
  for (int round = 0; round < 12; ++round) {
    broken();
    broken();
    ASSERT_EQ(broken(), "rest");
    rests.push_back(until - now);
    silence();
  }
  EXPECT_LT(rests.front(), 10ms);
  EXPECT_GT(rests.back(), 200ms);
  EXPECT_LE(rests.back(), 3 * ClerkOptions().pause_max / 2);
}

TEST_F(Clerk, DeadlineBeforeAnythingWasSent_WasNotExecuted) {
  std::string step = start(Kind::kWrite, kAppend);
  const Instant begin = now;
  while (!result) step = silence();
  EXPECT_EQ(failure(), ClerkError::Kind::kNotExecuted);
  EXPECT_EQ(now - begin, ClerkOptions().deadline);
}

TEST_F(Clerk, DeadlineAfterALostAnswer_IsUnknown) {
  reach_send(Kind::kWrite, kAppend);
  broken();
  while (!result) silence();
  EXPECT_EQ(failure(), ClerkError::Kind::kUnknown);
}

TEST_F(Clerk, DeadlineAfterSureRefusals_WasNotExecuted) {
  reach_send(Kind::kWrite, kAppend);
  gets(error("CLUSTERDOWN no leader was found in time; the command was not executed"));
  while (!result) silence();
  EXPECT_EQ(failure(), ClerkError::Kind::kNotExecuted);
}

TEST_F(Clerk, SureRefusalAfterALostAnswer_IsStillUnknown) {
  reach_send(Kind::kWrite, kAppend);
  broken();
  connected();
  gets(error("CLUSTERDOWN no leader was found in time; the command was not executed"));
  while (!result) silence();
  EXPECT_EQ(failure(), ClerkError::Kind::kUnknown);
}

TEST_F(Clerk, UnknownOutcome_IsAskedForElsewhereWithTheSameNumber) {
  const std::string first = start(Kind::kWrite, kAppend);
  connected();
  gets({Value::Array{}});
  gets(integer(1024));
  EXPECT_EQ(gets(error("UNKNOWN the command may have been executed")), other_than(first));
  EXPECT_EQ(connected(), "send ONCE 1024 1 ACK 1 APPEND k x");
}

TEST_F(Clerk, RefusalsThatPass_AreTriedElsewhere) {
  for (const char* text : {"CLUSTERDOWN x", "TRYAGAIN x", "LOADING x", "MISCONF x",
                           "ERR max number of clients reached"}) {
    Script::core = ClerkCore(kNodes, {});
    reach_send(Kind::kWrite, kAppend);
    EXPECT_EQ(gets(error(text)).substr(0, 7), "connect") << text;
  }
}

TEST_F(Clerk, SessionExpiredBetweenCommands_OpensANewOne) {
  reach_send(Kind::kWrite, kAppend);
  gets(integer(1));
  start(Kind::kWrite, kAppend);
  EXPECT_EQ(
      gets(error("NOSESSION session 1024 is not open: it has expired, was closed, or never was")),
      "send SESSION OPEN");
  EXPECT_EQ(gets(integer(4096)), "send ONCE 4096 1 ACK 1 APPEND k x");
}

TEST_F(Clerk, SessionExpiredWhileAnAnswerIsAwaited_IsSaid) {
  reach_send(Kind::kWrite, kAppend);
  broken();
  connected();
  gets(error("NOSESSION session 1024 is not open: it has expired, was closed, or never was"));
  ASSERT_TRUE(result);
  EXPECT_EQ(failure(), ClerkError::Kind::kSessionExpired);
  EXPECT_EQ(start(Kind::kWrite, kAppend), "send SESSION OPEN") << "the next command goes on";
}

TEST_F(Clerk, StoreSaysNo_IsRefused) {
  reach_send(Kind::kWrite, {"INCR", "k"});
  gets(error("ERR value is not an integer or out of range"));
  ASSERT_TRUE(result);
  EXPECT_EQ(failure(), ClerkError::Kind::kRefused);
}

TEST_F(Clerk, NodeThatWantsAPasswordAfterALostAnswer_LeavesItUnknown) {
  reach_send(Kind::kWrite, kAppend);
  broken();
  connected();
  gets(error("NOAUTH Authentication required."));
  ASSERT_TRUE(result);
  EXPECT_EQ(failure(), ClerkError::Kind::kUnknown);
}

TEST_F(Clerk, ConnectionLostBetweenCommands_IsMadeAnew) {
  reach_send(Kind::kRead, {"GET", "k"});
  gets({Value::Null{}});
  EXPECT_EQ(start(Kind::kRead, {"GET", "k"}), "send GET k");
  EXPECT_EQ(broken().substr(0, 7), "connect");
  EXPECT_EQ(connected(), "send GET k");
}

class ClerkWithPassword : public Script {
 protected:
  ClerkWithPassword() : Script({.password = "secret"}) {}
};

TEST_F(ClerkWithPassword, EachConnection_BeginsWithAuth) {
  start(Kind::kRead, {"GET", "k"});
  EXPECT_EQ(connected(), "send AUTH secret");
  EXPECT_EQ(gets({Value::Status{"OK"}}), "send CLUSTER SLOTS");
  broken();
  EXPECT_EQ(connected(), "send AUTH secret");
}

TEST_F(ClerkWithPassword, WrongPassword_IsRefused) {
  start(Kind::kRead, {"GET", "k"});
  connected();
  gets(error("WRONGPASS invalid username-password pair or user is disabled."));
  ASSERT_TRUE(result);
  EXPECT_EQ(failure(), ClerkError::Kind::kRefused);
}

TEST_F(ClerkWithPassword, WrongPasswordAfterALostAnswer_LeavesItUnknown) {
  start(Kind::kWrite, kAppend);
  connected();
  gets({Value::Status{"OK"}});
  gets({Value::Array{}});
  ASSERT_EQ(gets(integer(1024)), "send ONCE 1024 1 ACK 1 APPEND k x");
  broken();
  ASSERT_EQ(connected(), "send AUTH secret");
  gets(error("WRONGPASS invalid username-password pair or user is disabled."));
  ASSERT_TRUE(result);
  EXPECT_EQ(failure(), ClerkError::Kind::kUnknown);
}

}  // namespace
}  // namespace holdfast::client
