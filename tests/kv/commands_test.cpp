#include <gtest/gtest.h>

#include "machine.hpp"

namespace holdfast::kv {
namespace {

const Reply kNotAnInteger = Reply::error("ERR value is not an integer or out of range");
const Reply kOverflow = Reply::error("ERR increment or decrement would overflow");
const Reply kSyntax = Reply::error("ERR syntax error");

Reply arity(const std::string& name) {
  return Reply::error("ERR wrong number of arguments for '" + name + "' command");
}

struct Step {
  Words words;
  Reply reply;
};

void run_steps(const std::vector<Step>& steps) {
  Machine machine;
  for (const Step& step : steps) {
    EXPECT_EQ(machine.run(step.words), step.reply) << testing::PrintToString(step.words);
  }
}

TEST(Commands, GetSet) {
  run_steps({{{"GET", "k"}, kNull},
             {{"SET", "k", "v"}, kOk},
             {{"GET", "k"}, b("v")},
             {{"set", "k", ""}, kOk},
             {{"gEt", "k"}, b("")},
             {{"SET", "", "empty key"}, kOk},
             {{"GET", ""}, b("empty key")},
             {{"SET", "k", "v", "EX"}, kSyntax},
             {{"SET", "k", "v", "NX", "XX"}, kSyntax},
             {{"GET", "k"}, b("")}});
}

TEST(Commands, AppendAndStrlen) {
  run_steps({{{"STRLEN", "k"}, n(0)},
             {{"APPEND", "k", "ab"}, n(2)},
             {{"APPEND", "k", "cde"}, n(5)},
             {{"GET", "k"}, b("abcde")},
             {{"STRLEN", "k"}, n(5)},
             {{"APPEND", "e", ""}, n(0)},
             {{"EXISTS", "e"}, n(1)}});
}

TEST(Commands, DelAndExists) {
  run_steps({{{"MSET", "a", "1", "b", "2"}, kOk},
             {{"EXISTS", "a", "b", "c", "a"}, n(3)},
             {{"DEL", "a", "a", "c"}, n(1)},
             {{"EXISTS", "a"}, n(0)},
             {{"DEL", "a"}, n(0)},
             {{"DBSIZE"}, n(1)}});
}

TEST(Commands, MgetAndMset) {
  run_steps({{{"MSET", "a", "1", "b", "2", "a", "3"}, kOk},
             {{"MGET", "a", "x", "b", "a"}, Reply::array({b("3"), kNull, b("2"), b("3")})},
             {{"MSET", "a", "9", "b"}, arity("mset")},
             {{"GET", "a"}, b("3")}});
}

TEST(Commands, IncrAndDecr) {
  run_steps({{{"INCR", "n"}, n(1)},
             {{"INCRBY", "n", "41"}, n(42)},
             {{"DECR", "n"}, n(41)},
             {{"DECRBY", "n", "-9"}, n(50)},
             {{"INCRBY", "n", "-100"}, n(-50)},
             {{"GET", "n"}, b("-50")},
             {{"DECR", "new"}, n(-1)},
             {{"INCRBY", "n", "x"}, kNotAnInteger},
             {{"DECRBY", "n", "1.5"}, kNotAnInteger},
             {{"SET", "s", "text"}, kOk},
             {{"INCR", "s"}, kNotAnInteger},
             {{"GET", "s"}, b("text")}});
}

TEST(Commands, IncrAndDecr_AtTheEndsOfInt64) {
  run_steps(
      {{{"SET", "n", "9223372036854775807"}, kOk},
       {{"INCR", "n"}, kOverflow},
       {{"INCRBY", "n", "1"}, kOverflow},
       {{"DECRBY", "n", "-1"}, kOverflow},
       {{"INCRBY", "n", "-9223372036854775808"}, n(-1)},
       {{"SET", "n", "-9223372036854775808"}, kOk},
       {{"DECR", "n"}, kOverflow},
       {{"INCRBY", "n", "-1"}, kOverflow},
       {{"GET", "n"}, b("-9223372036854775808")},
       {{"DECRBY", "n", "-9223372036854775808"}, Reply::error("ERR decrement would overflow")},
       {{"DECRBY", "n", "-9223372036854775809"}, kNotAnInteger},
       {{"INCRBY", "n", "9223372036854775807"}, n(-1)}});
}

TEST(Commands, IntegersAreParsedAsRedisDoes) {
  Machine machine;
  for (const char* good : {"0", "-1", "10", "9223372036854775807", "-9223372036854775808"}) {
    machine.run({"SET", "n", good});
    EXPECT_EQ(machine.run({"INCRBY", "n", "0"}), n(std::stoll(good))) << good;
  }
  for (const char* bad : {"", "-", "-0", "+1", "01", "-01", "00", " 1", "1 ", "1\n", "0x1", "1e3",
                          "9223372036854775808", "-9223372036854775809", "99999999999999999999"}) {
    machine.run({"SET", "n", bad});
    EXPECT_EQ(machine.run({"INCR", "n"}), kNotAnInteger) << bad;
    EXPECT_EQ(machine.run({"GET", "n"}), b(bad));
    EXPECT_EQ(machine.run({"INCRBY", "m", bad}), kNotAnInteger) << bad;
  }
  machine.run({"SET", "n", std::string("1\0", 2)});
  EXPECT_EQ(machine.run({"INCR", "n"}), kNotAnInteger);
}

TEST(Commands, DbsizeAndFlush) {
  run_steps({{{"DBSIZE"}, n(0)},
             {{"MSET", "a", "1", "b", "2"}, kOk},
             {{"DBSIZE"}, n(2)},
             {{"FLUSHALL", "NOW"}, kSyntax},
             {{"FLUSHALL", "ASYNC", "SYNC"}, kSyntax},
             {{"DBSIZE"}, n(2)},
             {{"FLUSHALL"}, kOk},
             {{"DBSIZE"}, n(0)},
             {{"GET", "a"}, kNull},
             {{"SET", "a", "1"}, kOk},
             {{"FLUSHDB", "async"}, kOk},
             {{"DBSIZE"}, n(0)},
             {{"FLUSHALL", "Sync"}, kOk}});
}

TEST(Commands, KeysAndValuesOfAllBytes_AreKept) {
  Machine machine;
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (int c = 0; c < 256; ++c) {
    const std::string key(1, static_cast<char>(c));
    EXPECT_EQ(machine.run({"SET", key, key + all}), kOk);
  }
  EXPECT_EQ(machine.state().key_count(), 256u);
  for (int c = 0; c < 256; ++c) {
    const std::string key(1, static_cast<char>(c));
    EXPECT_EQ(machine.read({"GET", key}), b(key + all));
  }
  machine.run({"SET", all, all});
  EXPECT_EQ(machine.run({"APPEND", all, all}), n(512));
  EXPECT_EQ(machine.read({"GET", all}), b(all + all));
}

TEST(Commands, ValueOverTheLimit_IsRefusedAndChangesNothing) {
  Machine machine;
  machine.value_bytes_max = 4;
  const Reply too_long = Reply::error("ERR string exceeds maximum allowed size (4 bytes)");
  EXPECT_EQ(machine.run({"SET", "k", "1234"}), kOk);
  EXPECT_EQ(machine.run({"SET", "k", "12345"}), too_long);
  EXPECT_EQ(machine.run({"APPEND", "k", "5"}), too_long);
  EXPECT_EQ(machine.run({"APPEND", "new", "12345"}), too_long);
  EXPECT_EQ(machine.run({"MSET", "k", "x", "l", "12345"}), too_long);
  EXPECT_EQ(machine.run({"INCRBY", "n", "12345"}), too_long);
  EXPECT_EQ(machine.run({"APPEND", "k", ""}), n(4));
  EXPECT_EQ(machine.run({"GET", "k"}), b("1234"));
  EXPECT_EQ(machine.run({"DBSIZE"}), n(1));
}

TEST(Commands, KeysOfASlot_AreCountedAndListedInAnOrderThatStays) {
  const std::string c = "CLUSTER";
  const std::string count = "COUNTKEYSINSLOT";
  const std::string list = "GETKEYSINSLOT";
  run_steps({{{c, count, "12182"}, n(0)},
             {{"MSET", "{foo}c", "1", "foo", "1", "{foo}b", "1", "other", "1"}, kOk},
             {{c, count, "12182"}, n(3)},
             {{c, list, "12182", "10"}, Reply::array({b("{foo}b"), b("{foo}c"), b("foo")})},
             {{c, list, "12182", "1"}, Reply::array({b("{foo}b")})},
             {{c, list, "12182", "0"}, Reply::array({})},
             {{c, list, "12182", "9223372036854775807"},
              Reply::array({b("{foo}b"), b("{foo}c"), b("foo")})},
             {{c, count, "16384"}, Reply::error("ERR Invalid slot")},
             {{c, count, "-1"}, Reply::error("ERR Invalid slot")},
             {{c, count, "x"}, kNotAnInteger},
             {{c, list, "1", "-1"}, Reply::error("ERR Invalid slot or number of keys")},
             {{c, list, "1", "x"}, kNotAnInteger}});
}

TEST(Commands, HugeReply_IsRefused) {
  Machine machine;
  machine.run({"SET", "k", std::string(1 << 20, 'x')});
  Words words(514, "k");
  words[0] = "MGET";
  EXPECT_EQ(machine.read(words),
            Reply::error("ERR reply exceeds maximum allowed size (536870912 bytes)"));
}

TEST(Commands, ReadsInTheLog_AnswerAsOfTheirPlace) {
  Machine machine;
  const auto replies = machine.run_all(
      {{"GET", "k"}, {"SET", "k", "1"}, {"GET", "k"}, {"INCR", "k"}, {"MGET", "k"}, {"DBSIZE"}});
  EXPECT_EQ(replies, (std::vector<Reply>{kNull, kOk, b("1"), n(2), Reply::array({b("2")}), n(1)}));
}

TEST(Commands, ReadOutsideTheLog_ChecksItsArguments) {
  Machine machine;
  machine.run({"SET", "k", "v"});
  EXPECT_EQ(machine.read({"get", "k"}), b("v"));
  EXPECT_EQ(machine.read({"GET"}), arity("get"));
  EXPECT_EQ(machine.read({"GET", "a", "b"}), arity("get"));
  EXPECT_EQ(error_of(machine.read({"NOPE", "a"})),
            "ERR unknown command 'NOPE', with args beginning with: 'a' ");
}

TEST(CommandsDeathTest, WriteOutsideTheLog_Stops) {
  EXPECT_DEATH(
      {
        Machine machine;
        (void)machine.read({"SET", "k", "v"});
      },
      "a write was read");
}

TEST(CommandTable, IsConsistent) {
  std::string_view previous;
  for (const CommandSpec* spec : all_commands()) {
    EXPECT_GT(spec->name, previous);
    previous = spec->name;
    EXPECT_EQ(find_command(views(words_of(*spec))), spec);
    Words upper = words_of(*spec);
    for (std::string& word : upper) std::ranges::transform(word, word.begin(), ::toupper);
    EXPECT_EQ(find_command(views(upper)), spec);
    EXPECT_NE(spec->arity, 0);
    EXPECT_EQ(spec->keys.first == 0, spec->keys.step == 0);
    EXPECT_EQ(spec->keys.first == 0, spec->keys.use.empty());
    EXPECT_FALSE(spec->summary.empty());
    EXPECT_FALSE(spec->group.empty());
    EXPECT_FALSE(spec->since.empty());
  }
  for (const char* name : {"", "ge", "gett", "session ", "cluster|countkeysinslot", "zzz"}) {
    EXPECT_EQ(find_command(views({name})), nullptr) << name;
  }
  EXPECT_EQ(find_command(views({"cluster", std::string(100, 'a')})), nullptr);
  EXPECT_EQ(find_command(views({std::string(100, 'a'), "x"})), nullptr);
}

TEST(CommandTable, Arity_CountsTheName) {
  const CommandSpec& get = *find_command(views({"get"}));
  EXPECT_FALSE(arity_matches(get, 1));
  EXPECT_TRUE(arity_matches(get, 2));
  EXPECT_FALSE(arity_matches(get, 3));
  const CommandSpec& del = *find_command(views({"del"}));
  EXPECT_FALSE(arity_matches(del, 1));
  EXPECT_TRUE(arity_matches(del, 2));
  EXPECT_TRUE(arity_matches(del, 1000));
}

// Every command, with each number of arguments from 1 to 6: the table decides alone.
TEST(CommandTable, EveryReadRefusesAWrongNumberOfArguments) {
  Machine machine;
  for (const CommandSpec* spec : all_commands()) {
    if (spec->is_write()) continue;
    for (std::size_t count = words_of(*spec).size(); count <= 6; ++count) {
      Words words = words_of(*spec);
      words.resize(count, "x");
      EXPECT_EQ(machine.read(words) == wrong_arity(spec->name), !arity_matches(*spec, count))
          << spec->name << " " << count;
    }
  }
}

// As redis-server 7.0 answers.
TEST(ErrorTexts, UnknownCommand) {
  const auto text = [](const Words& words) { return error_of(unknown_command(views(words))); };
  const std::string begin = "ERR unknown command '";
  const std::string args = "', with args beginning with: ";
  EXPECT_EQ(text({"foo"}), begin + "foo" + args);
  EXPECT_EQ(text({"", ""}), begin + args + "'' ");
  EXPECT_EQ(text({"foo", "a", "b\r\nc", std::string("d\0e", 3), std::string(200, 'x'), "y"}),
            begin + "foo" + args + "'a' 'b  c' 'd' '" + std::string(113, 'x') + "' ");
  EXPECT_EQ(text({std::string(300, 'z'), std::string(127, 'a'), "b"}),
            begin + std::string(128, 'z') + args + "'" + std::string(127, 'a') + "' ");
  EXPECT_EQ(text({"fo\no"}), begin + "fo o" + args);
}

// From the Redis Cluster specification and from redis-server's CLUSTER KEYSLOT.
TEST(KeySlot, IsThatOfRedisCluster) {
  const struct {
    std::string key;
    std::uint16_t slot;
  } rows[] = {
      {"", 0},
      {"123456789", 12739},
      {"foo", 12182},
      {"bar", 5061},
      {"{user1000}.following", 3443},
      {"{user1000}.followers", key_slot("user1000")},
      {"foo{}{bar}", 8363},
      {"foo{{bar}}zap", 4015},
      {"foo{bar}{zap}", key_slot("bar")},
      {"foo{bar", 15278},
  };
  for (const auto& row : rows) EXPECT_EQ(key_slot(row.key), row.slot) << row.key;
}

TEST(CommandInOnce, IsFoundOrEmpty) {
  const auto inner = [](const Words& words) {
    Words found;
    const auto args = views(words);
    for (const auto word : command_in_once(args)) found.emplace_back(word);
    return found;
  };
  EXPECT_EQ(inner({"ONCE", "1", "2", "SET", "k", "v"}), (Words{"SET", "k", "v"}));
  EXPECT_EQ(inner({"once", "1", "2", "ack", "2", "GET", "k"}), (Words{"GET", "k"}));
  for (const Words& bad : {Words{},
                           {"GET", "k"},
                           {"ONCE", "1", "2"},
                           {"ONCE", "x", "2", "GET", "k"},
                           {"ONCE", "1", "0", "GET", "k"},
                           {"ONCE", "1", "2", "ACK", "1"}}) {
    EXPECT_EQ(inner(bad), Words{}) << testing::PrintToString(bad);
  }
}

}  // namespace
}  // namespace holdfast::kv
