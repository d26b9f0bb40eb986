#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "machine.hpp"

namespace holdfast::kv {
namespace {

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// One client and its session.
class Client {
 public:
  explicit Client(Machine& machine) : machine_(machine), id_(machine.open_session()) {}

  Reply once(std::int64_t request, const Words& command) {
    return machine_.run(Words{"ONCE", std::to_string(id_), std::to_string(request)} + command);
  }
  Reply once_ack(std::int64_t request, std::int64_t lowest, const Words& command) {
    return once(request, Words{"ACK", std::to_string(lowest)} + command);
  }
  std::string refusal(std::int64_t request, const Words& command) {
    return first_word(error_of(once(request, command)));
  }
  Reply info() { return machine_.run({"SESSION", "INFO", std::to_string(id_)}); }
  Reply close() { return machine_.run({"SESSION", "CLOSE", std::to_string(id_)}); }
  std::int64_t id() const { return id_; }

 private:
  Machine& machine_;
  std::int64_t id_;
};

TEST(Session, Ids_RiseAndAreNeverGivenTwice) {
  Machine machine;
  std::int64_t last = 0;
  for (int entry = 0; entry < 3; ++entry) {
    // More in one entry than there are ids per entry index.
    for (const Reply& reply : machine.run_all(std::vector<Words>(1500, {"SESSION", "OPEN"}))) {
      const auto id = std::get<std::int64_t>(reply.value);
      EXPECT_GT(id, last);
      last = id;
    }
  }
  EXPECT_EQ(machine.state().session_count(), 4500u);
}

TEST(Once, RepeatedRequest_GetsTheRecordedReplyAndIsNotExecuted) {
  Machine machine;
  Client client(machine);
  EXPECT_EQ(client.once(1, {"APPEND", "k", "x"}), n(1));
  EXPECT_EQ(client.once(1, {"APPEND", "k", "x"}), n(1));
  EXPECT_EQ(client.once(2, {"APPEND", "k", "y"}), n(2));
  EXPECT_EQ(client.once(1, {"append", "k", "x"}), n(1));
  EXPECT_EQ(client.once(2, {"APPEND", "k", "y"}), n(2));
  EXPECT_EQ(machine.read({"GET", "k"}), b("xy"));
}

TEST(Once, RepeatedInOneEntry_IsExecutedOnce) {
  Machine machine;
  Client client(machine);
  const Words append = Words{"ONCE", std::to_string(client.id()), "1", "APPEND", "k", "x"};
  EXPECT_EQ(machine.run_all({append, append, append}), std::vector<Reply>(3, n(1)));
  EXPECT_EQ(machine.read({"GET", "k"}), b("x"));
}

TEST(Once, ErrorReplyOfTheCommand_IsRecordedAsWell) {
  Machine machine;
  Client client(machine);
  machine.run({"SET", "k", "text"});
  const Reply error = Reply::error("ERR value is not an integer or out of range");
  EXPECT_EQ(client.once(1, {"INCR", "k"}), error);
  machine.run({"SET", "k", "5"});
  EXPECT_EQ(client.once(1, {"INCR", "k"}), error);
  EXPECT_EQ(machine.read({"GET", "k"}), b("5"));
}

TEST(Once, OutOfOrderRequests_AreEachExecutedOnce) {
  Machine machine;
  Client client(machine);
  for (const int request : {5, 2, 9, 1, 2, 9, 5, 1000000, 1}) {
    const Words append = {"APPEND", "k" + std::to_string(request), "x"};
    EXPECT_EQ(client.once(request, append), n(1)) << request;
  }
  EXPECT_EQ(client.once(INT64_MAX, {"INCR", "n"}), n(1));
  EXPECT_EQ(client.once(INT64_MAX, {"INCR", "n"}), n(1));
}

TEST(Once, TwoSessions_DoNotShareNumbers) {
  Machine machine;
  Client one(machine), two(machine);
  EXPECT_EQ(one.once(1, {"INCR", "n"}), n(1));
  EXPECT_EQ(two.once(1, {"INCR", "n"}), n(2));
  EXPECT_EQ(one.once(1, {"INCR", "n"}), n(1));
  EXPECT_EQ(two.once(1, {"INCR", "n"}), n(2));
}

TEST(Once, AcknowledgedRequest_IsStaleAndNeverExecutedAgain) {
  Machine machine;
  Client client(machine);
  client.once(1, {"INCR", "n"});
  client.once(2, {"INCR", "n"});
  EXPECT_EQ(client.once_ack(3, 2, {"INCR", "n"}), n(3));
  EXPECT_EQ(error_of(client.once(1, {"INCR", "n"})),
            "STALEREQUEST request 1 is below the lowest awaited 2; it is not executed and its "
            "reply is not kept");
  EXPECT_EQ(client.once(2, {"INCR", "n"}), n(2));  // still kept
  EXPECT_EQ(client.once_ack(4, 4, {"INCR", "n"}), n(4));
  EXPECT_EQ(client.refusal(3, {"INCR", "n"}), "STALEREQUEST");
  EXPECT_EQ(client.refusal(3, {"GET", "n"}), "STALEREQUEST");
  EXPECT_EQ(machine.read({"GET", "n"}), b("4"));
}

TEST(Once, RequestThatWasSkippedAndAcknowledged_IsStale) {
  Machine machine;
  Client client(machine);
  client.once_ack(10, 10, {"INCR", "n"});
  EXPECT_EQ(client.refusal(7, {"INCR", "n"}), "STALEREQUEST");
  EXPECT_EQ(machine.read({"GET", "n"}), b("1"));
}

TEST(Once, LateLowerAck_DoesNotBringBackTheFloor) {
  Machine machine;
  Client client(machine);
  client.once_ack(10, 10, {"INCR", "n"});
  client.once_ack(11, 3, {"INCR", "n"});
  EXPECT_EQ(client.refusal(5, {"INCR", "n"}), "STALEREQUEST");
}

TEST(Once, AckInARepeatedRequest_Counts) {
  Machine machine;
  Client client(machine);
  client.once(1, {"INCR", "n"});
  client.once(2, {"INCR", "n"});
  EXPECT_EQ(client.once_ack(2, 2, {"INCR", "n"}), n(2));
  EXPECT_EQ(client.refusal(1, {"INCR", "n"}), "STALEREQUEST");
}

TEST(Once, NumberUsedForAnotherCommand_IsRefusedAndNotExecuted) {
  Machine machine;
  Client client(machine);
  client.once(1, {"SET", "k", "v"});
  EXPECT_EQ(error_of(client.once(1, {"SET", "k", "w"})),
            "REQUESTREUSED request 1 of this session was another command");
  EXPECT_EQ(client.refusal(1, {"DEL", "k"}), "REQUESTREUSED");
  EXPECT_EQ(client.refusal(1, {"SET", "kv", ""}), "REQUESTREUSED");
  EXPECT_EQ(client.refusal(1, {"GET", "k"}), "REQUESTREUSED");
  EXPECT_EQ(machine.read({"GET", "k"}), b("v"));
  EXPECT_EQ(client.once(1, {"SET", "k", "v"}), Reply::ok());
}

TEST(Once, Reads_AreExecutedAndNothingIsKept) {
  Machine machine;
  Client client(machine);
  machine.run({"SET", "k", "1"});
  EXPECT_EQ(client.once(1, {"GET", "k"}), b("1"));
  machine.run({"SET", "k", "2"});
  EXPECT_EQ(client.once(1, {"GET", "k"}), b("2"));
  const Reply info = client.info();
  const auto& items = std::get<Reply::Map>(info.value).items;
  EXPECT_EQ(items.at(4), b("replies"));
  EXPECT_EQ(items.at(5), n(0));
}

TEST(Once, MalformedRequest_IsRefusedWithoutTouchingTheSession) {
  Machine machine;
  Client client(machine);
  const std::string id = std::to_string(client.id());
  const std::string integer = "ERR value is not an integer or out of range";
  const std::string arity = "ERR wrong number of arguments for 'once' command";
  const struct {
    Words words;
    std::string error;
  } rows[] = {
      {{"ONCE", "x", "1", "INCR", "n"}, integer},
      {{"ONCE", "0", "1", "INCR", "n"}, integer},
      {{"ONCE", "-1", "1", "INCR", "n"}, integer},
      {{"ONCE", id, "", "INCR", "n"}, integer},
      {{"ONCE", id, "0", "INCR", "n"}, integer},
      {{"ONCE", id, "-1", "INCR", "n"}, integer},
      {{"ONCE", id, "01", "INCR", "n"}, integer},
      {{"ONCE", id, "9223372036854775808", "INCR", "n"}, integer},
      {{"ONCE", id, "1", "ACK", "0", "INCR", "n"}, integer},
      {{"ONCE", id, "1", "ACK", "x", "INCR", "n"}, integer},
      {{"ONCE", id, "1", "ACK"}, arity},
      {{"ONCE", id, "1", "ACK", "1"}, arity},
      {{"ONCE", id, "1", "ACK", "2", "INCR", "n"},
       "ERR ACK is above the number of the request itself"},
      {{"ONCE", id, "1", "NOPE", "n"},
       "ERR unknown command 'NOPE', with args beginning with: 'n' "},
      {{"ONCE", id, "1", ""}, "ERR unknown command '', with args beginning with: "},
      {{"ONCE", id, "1", "INCR"}, "ERR wrong number of arguments for 'incr' command"},
      {{"ONCE", id, "1", "INCR", "n", "m"}, "ERR wrong number of arguments for 'incr' command"},
      {{"ONCE", id, "1", "once", id, "2", "INCR", "n"}, "ERR 'once' is not allowed in ONCE"},
      {{"ONCE", id, "1", "SESSION", "OPEN"}, "ERR 'session' is not allowed in ONCE"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(error_of(machine.run(row.words)), row.error) << testing::PrintToString(row.words);
  }
  EXPECT_EQ(machine.read({"EXISTS", "n"}), n(0));
  EXPECT_EQ(client.once(1, {"INCR", "n"}), n(1));  // the number is unused
}

TEST(Once, UnknownExpiredOrClosedSession_IsRefusedAndNotExecuted) {
  Machine machine;
  Client closed(machine);
  Client open(machine);
  EXPECT_EQ(closed.close(), Reply::ok());
  const std::string gone = std::to_string(closed.id());
  EXPECT_EQ(error_of(closed.once(1, {"INCR", "n"})),
            "NOSESSION session " + gone + " is not open: it has expired, was closed, or never was");
  EXPECT_EQ(closed.close(), closed.once(1, {"INCR", "n"}));
  EXPECT_EQ(closed.info(), closed.once(1, {"INCR", "n"}));
  EXPECT_EQ(error_of(machine.run({"ONCE", "9000000000000", "1", "INCR", "n"})),
            "NOSESSION there never was a session 9000000000000");
  EXPECT_EQ(machine.read({"EXISTS", "n"}), n(0));
  EXPECT_EQ(open.once(1, {"INCR", "n"}), n(1));
}

TEST(Session, BadSubcommands_AreRefused) {
  Machine machine;
  const auto error = [&](const Words& words) { return error_of(machine.run(words)); };
  EXPECT_EQ(error({"SESSION", "OPEN", "x"}),
            "ERR wrong number of arguments for 'session|open' command");
  EXPECT_EQ(error({"SESSION", "close"}),
            "ERR wrong number of arguments for 'session|close' command");
  EXPECT_EQ(error({"SESSION", "INFO", "1", "2"}),
            "ERR wrong number of arguments for 'session|info' command");
  EXPECT_EQ(error({"SESSION", "CLOSE", "x"}), "ERR value is not an integer or out of range");
  EXPECT_EQ(error({"SESSION", "bad\r\nword"}),
            "ERR unknown subcommand 'bad  word'. Try SESSION OPEN, SESSION CLOSE <id> or SESSION "
            "INFO <id>.");
  EXPECT_EQ(machine.state().session_count(), 0u);
}

TEST(Session, Info_DescribesIt) {
  Machine machine;
  Client client(machine);
  client.once(1, {"INCR", "n"});
  client.once_ack(3, 2, {"INCR", "n"});
  machine.now_ms += 250;
  const Reply reply = client.info();
  const auto& items = std::get<Reply::Map>(reply.value).items;
  EXPECT_EQ(items,
            (std::vector<Reply>{b("id"), n(client.id()), b("lowest-awaited"), n(2), b("replies"),
                                n(1), b("reply-bytes"), n(64 + 9), b("idle-ms"), n(250)}));
}

TEST(Session, RecordedReplies_AreCountedOverAllSessions) {
  Machine machine;
  Client first(machine);
  Client second(machine);
  EXPECT_EQ(machine.state().session_reply_bytes(), 0u);
  first.once(1, {"INCR", "n"});
  second.once(1, {"INCR", "n"});
  second.once(2, {"INCR", "n"});
  EXPECT_EQ(machine.state().session_reply_bytes(), 3u * (64 + 9));
  second.once_ack(3, 3, {"GET", "n"});
  EXPECT_EQ(machine.state().session_reply_bytes(), 64u + 9);
  first.close();
  EXPECT_EQ(machine.state().session_reply_bytes(), 0u);
}

TEST(Session, IdleForItsTime_Expires) {
  Machine machine(Limits{.session_ttl_ms = 100});
  Client idle(machine), used(machine);
  machine.now_ms += 99;
  EXPECT_EQ(used.once(1, {"INCR", "n"}), n(1));
  machine.now_ms += 1;
  EXPECT_EQ(idle.refusal(1, {"INCR", "n"}), "NOSESSION");
  EXPECT_EQ(machine.state().session_count(), 1u);
  machine.now_ms += 98;
  EXPECT_EQ(used.once(1, {"INCR", "n"}), n(1));  // a repetition keeps it alive as well
  machine.now_ms += 99;
  EXPECT_EQ(used.once(1, {"INCR", "n"}), n(1));
  machine.now_ms += 100;
  EXPECT_EQ(used.refusal(1, {"INCR", "n"}), "NOSESSION");
  EXPECT_EQ(machine.read({"GET", "n"}), b("1"));
}

TEST(Session, TimeInWhichNobodyLed_DoesNotCount) {
  Machine machine(Limits{.session_ttl_ms = 100});
  Client client(machine);
  EXPECT_EQ(client.once(1, {"INCR", "n"}), n(1));
  machine.now_ms += 86'400'000;
  machine.unled_ms = 86'400'000 - 60;
  EXPECT_EQ(client.once(1, {"INCR", "n"}), n(1));
  machine.unled_ms = 0;
  machine.now_ms += 100;
  EXPECT_EQ(client.refusal(2, {"INCR", "n"}), "NOSESSION");
}

TEST(Session, ClusterTimeThatFalls_IsHeldAndExpiresNothing) {
  Machine machine(Limits{.session_ttl_ms = 100});
  Client client(machine);
  const auto before = machine.state().cluster_time_ms();
  machine.now_ms -= 500'000;
  EXPECT_EQ(client.once(1, {"INCR", "n"}), n(1));
  EXPECT_EQ(machine.state().cluster_time_ms(), before);
  machine.now_ms = before + 99;
  EXPECT_EQ(client.once(1, {"INCR", "n"}), n(1));
  machine.now_ms = UINT64_MAX;
  EXPECT_EQ(client.refusal(1, {"INCR", "n"}), "NOSESSION");
}

TEST(Session, OneTooMany_DropsTheLongestIdle) {
  Machine machine(Limits{.sessions_max = 2});
  Client one(machine), two(machine);
  one.once(1, {"INCR", "n"});
  Client three(machine);
  EXPECT_EQ(machine.state().session_count(), 2u);
  EXPECT_EQ(two.refusal(1, {"INCR", "n"}), "NOSESSION");
  EXPECT_EQ(one.once(1, {"INCR", "n"}), n(1));
  EXPECT_EQ(three.once(1, {"INCR", "n"}), n(2));
}

TEST(Session, FullOfReplies_RefusesNewRequestsUntilAcknowledged) {
  Machine machine(Limits{.session_replies_max = 3});
  Client client(machine);
  for (int request = 1; request <= 3; ++request) client.once(request, {"INCR", "n"});
  EXPECT_EQ(error_of(client.once(4, {"INCR", "n"})),
            "SESSIONFULL 3 replies are kept; send ACK <lowest still awaited>");
  EXPECT_EQ(client.once(2, {"INCR", "n"}), n(2));  // repetitions and reads go on
  EXPECT_EQ(client.once(4, {"GET", "n"}), b("3"));
  EXPECT_EQ(client.once_ack(4, 2, {"INCR", "n"}), n(4));
  EXPECT_EQ(client.refusal(5, {"INCR", "n"}), "SESSIONFULL");
  EXPECT_EQ(client.once_ack(5, 5, {"INCR", "n"}), n(5));
  EXPECT_EQ(machine.read({"GET", "n"}), b("5"));
}

TEST(Session, FullOfReplyBytes_RefusesNewRequests) {
  Machine machine(Limits{.session_reply_bytes_max = 2 * (64 + 9)});
  Client client(machine);
  client.once(1, {"INCR", "n"});
  client.once(2, {"INCR", "n"});
  EXPECT_EQ(client.refusal(3, {"INCR", "n"}), "SESSIONFULL");
  EXPECT_EQ(client.once_ack(3, 2, {"INCR", "n"}), n(3));
}

TEST(Session, AllReplyBytesTogetherOverTheLimit_DropsTheLongestIdle) {
  Machine machine(Limits{.reply_bytes_max = 2 * (64 + 9)});
  Client one(machine), two(machine), three(machine);
  one.once(1, {"INCR", "n"});
  two.once(1, {"INCR", "n"});
  EXPECT_EQ(machine.state().session_count(), 3u);
  two.once(2, {"INCR", "n"});
  EXPECT_EQ(machine.state().session_count(), 1u);
  EXPECT_EQ(one.refusal(1, {"INCR", "n"}), "NOSESSION");
  EXPECT_EQ(three.refusal(1, {"INCR", "n"}), "NOSESSION");
  two.once(3, {"INCR", "n"});  // alone it stays, whatever it keeps
  EXPECT_EQ(two.once(1, {"INCR", "n"}), n(2));
  EXPECT_EQ(two.close(), Reply::ok());
  Client four(machine), five(machine);
  four.once(1, {"INCR", "n"});
  EXPECT_EQ(machine.state().session_count(), 2u);  // what was closed no longer counts
}

TEST(Session, FlushallKeepsSessions) {
  Machine machine;
  Client client(machine);
  EXPECT_EQ(client.once(1, {"INCR", "n"}), n(1));
  machine.run({"FLUSHALL"});
  EXPECT_EQ(client.once(1, {"INCR", "n"}), n(1));
  EXPECT_EQ(machine.read({"EXISTS", "n"}), n(0));
}

// Against a model: a client that repeats at random and acknowledges at random counts exactly.
TEST(Once, RandomRepetitions_CountEachRequestOnce) {
  Prng prng(3);
  Machine machine;
  Client client(machine);
  std::int64_t next = 1, lowest = 1;
  std::vector<Reply> first_replies = {Reply::null()};
  for (int step = 0; step < 5000; ++step) {
    lowest += static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(next - lowest) + 1));
    if (next - lowest > 100) lowest = next - 100;
    const bool fresh = lowest == next || prng.below(3) == 0;
    const auto request =
        fresh ? next++
              : static_cast<std::int64_t>(prng.between(static_cast<std::uint64_t>(lowest),
                                                       static_cast<std::uint64_t>(next - 1)));
    const Reply reply = client.once_ack(request, std::min(lowest, request), {"INCR", "n"});
    if (fresh) {
      EXPECT_EQ(reply, n(request));
      first_replies.push_back(reply);
    } else {
      EXPECT_EQ(reply, first_replies.at(static_cast<std::size_t>(request)));
    }
  }
  EXPECT_EQ(machine.read({"GET", "n"}), b(std::to_string(next - 1)));
}

}  // namespace
}  // namespace holdfast::kv
