#include <gtest/gtest.h>

#include <set>

#include "kv/dump.hpp"
#include "machine.hpp"

// Of commands on keys, what tests/differential can't see.

namespace holdfast::kv {
namespace {

using Array = Reply::Array;

std::string text_of(const Reply& reply) {
  const auto* bulk = std::get_if<Reply::Bulk>(&reply.value);
  return bulk == nullptr ? "(no bulk)" : std::string(bulk->bytes.view());
}

// Returns the next cursor.
std::string scan(Machine& machine, const std::string& cursor, const Words& options,
                 std::multiset<std::string>& found) {
  Words words = {"SCAN", cursor};
  words.insert(words.end(), options.begin(), options.end());
  const Reply reply = machine.read(words);
  const auto& [next, keys] =
      std::tie(std::get<Array>(reply.value).at(0), std::get<Array>(reply.value).at(1));
  for (const Reply& key : std::get<Array>(keys.value)) found.insert(text_of(key));
  return text_of(next);
}

// Kills: a cursor that is a position in a table, which moves when the table grows.
TEST(Scan, KeyThatIsThereAllTheTime_IsReturnedOnce_WhileOthersComeAndGo) {
  for (const std::string prefix : {"k", "{one slot}"}) {
    Machine machine;
    for (int i = 0; i < 700; ++i) machine.run({"SET", prefix + std::to_string(i), ""});
    std::multiset<std::string> found;
    std::string cursor = "0";
    int page = 0;
    do {
      cursor = scan(machine, cursor, {"COUNT", "7"}, found);
      for (int i = 0; i < 30; ++i) {
        machine.run({"SET", prefix + "new" + std::to_string(page * 30 + i), ""});
        machine.run({"DEL", prefix + "new" + std::to_string(page * 15 + i)});
      }
      ++page;
    } while (cursor != "0");
    EXPECT_GT(page, 50);
    for (int i = 0; i < 700; ++i) EXPECT_EQ(found.count(prefix + std::to_string(i)), 1u) << i;
  }
}

// Kills: a page as long as a part of a slot's keys.
TEST(Scan, OfManyKeysInOneSlot_HasAsManyToAPageAsWereAskedFor) {
  Machine machine;
  std::vector<Words> sets;
  for (int i = 0; i < 20'000; ++i) sets.push_back({"SET", "{t}" + std::to_string(i), ""});
  machine.run_all(sets);
  std::multiset<std::string> found;
  std::string cursor = "0";
  for (std::size_t page = 1; page <= 2'000; ++page) {
    cursor = scan(machine, cursor, {"COUNT", "10"}, found);
    ASSERT_EQ(found.size(), page * 10);
  }
  EXPECT_EQ(scan(machine, cursor, {}, found), "0");
  EXPECT_EQ(std::set(found.begin(), found.end()).size(), 20'000u);
}

TEST(Scan, KeysThatExpired_AreNotReturned) {
  Machine machine;
  machine.run_all({{"SET", "gone", "", "PX", "10"}, {"SET", "stays", ""}});
  machine.now_ms += 10;
  std::multiset<std::string> found;
  machine.run({"GET", "nothing"});
  scan(machine, "0", {}, found);
  EXPECT_EQ(found, std::multiset<std::string>{"stays"});
  EXPECT_EQ(machine.read({"KEYS", "*"}), Reply::array({Reply::bulk("stays")}));
}

// Kills: a page that goes on until it has keys, past all that have expired at once.
TEST(Scan, WhenAllHaveExpired_HasPagesOfTheCountAllTheSame) {
  for (const std::string prefix : {"k", "{one slot}"}) {
    Machine machine;
    machine.run({"SET", prefix + "stays", ""});
    std::vector<Words> sets;
    for (int i = 0; i < 5'000; ++i)
      sets.push_back({"SET", prefix + std::to_string(i), "", "PX", "10"});
    machine.run_all(sets);
    machine.now_ms += 10;
    machine.run({"GET", "nothing"});  // removes a part of them
    const auto left = std::get<std::int64_t>(machine.read({"DBSIZE"}).value);
    ASSERT_GT(left, 3'000);
    std::multiset<std::string> found;
    int pages = 0;
    for (std::string cursor = "0"; pages == 0 || cursor != "0"; ++pages) {
      cursor = scan(machine, cursor, {"COUNT", "100"}, found);
    }
    EXPECT_EQ(pages, left / 100 + 1);
    EXPECT_EQ(found, std::multiset<std::string>{prefix + "stays"});
  }
}

TEST(RandomKey, IsAnyKeyThatLives_ReadOrInTheLog) {
  Machine machine;
  machine.run_all({{"SET", "a", ""}, {"SET", "{a}b", ""}, {"SET", "c", ""}});
  machine.run({"SET", "gone", "", "PX", "1"});
  machine.now_ms += 1;
  std::set<std::string> read, logged;
  for (std::uint64_t i = 0; i < 200; ++i) {
    read.insert(text_of(machine.read({"RANDOMKEY"}, {.chance = i})));
    logged.insert(text_of(machine.run({"RANDOMKEY"})));
  }
  EXPECT_EQ(logged, (std::set<std::string>{"a", "{a}b", "c"}));
  EXPECT_EQ(read, logged);
}

// Kills: counts by which it finds a slot that miss a way in which keys come or go.
TEST(RandomKey, WhateverHappened_CountsTheKeys) {
  Machine machine;
  EXPECT_EQ(machine.read({"RANDOMKEY"}), kNull);
  for (int i = 0; i < 300; ++i) machine.run({"SET", std::to_string(i), "", "PX", "100"});
  for (int i = 0; i < 100; ++i) machine.run({"DEL", std::to_string(i)});
  machine.now_ms += 100;
  machine.run({"SET", "alone", ""});
  for (std::uint64_t i = 0; i < 50; ++i)
    EXPECT_EQ(machine.read({"RANDOMKEY"}, {.chance = i}), b("alone"));
  machine.run({"FLUSHALL"});
  machine.run({"SET", "next", ""});
  EXPECT_EQ(machine.read({"RANDOMKEY"}, {.chance = 7}), b("next"));
}

// Two replicas that got to the same keys by another way.
TEST(RandomKey, InTheLog_IsTheSameInEveryTable) {
  Machine one, other;
  for (int i = 0; i < 100; ++i) one.run({"SET", "{t}" + std::to_string(i), ""});
  for (int i = 99; i >= 0; --i) other.run({"SET", "{t}" + std::to_string(i), ""});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(one.run({"RANDOMKEY"}), other.run({"RANDOMKEY"}));
}

TEST(Rename, TakesTheExpiryAlong) {
  Machine machine;
  machine.run_all({{"SET", "a", "v", "PX", "500"}, {"RENAME", "a", "b"}, {"COPY", "b", "c"}});
  EXPECT_EQ(machine.run({"PTTL", "b"}), Reply::integer(500));
  EXPECT_EQ(machine.run({"PTTL", "c"}), Reply::integer(500));
  EXPECT_EQ(machine.run({"EXISTS", "a"}), Reply::integer(0));
}

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// As redis-server 7.0 wrote it, compressed.
TEST(Restore, PayloadOfRedis_IsRead) {
  const std::string payload = bytes_of(
      "00c31841af0668656c6c6f2068e06e050078e0"
      "ff00e01a0021a3016c6f0a0018daad6e9134447e");
  std::string value;
  for (int i = 0; i < 21; ++i) value += "hello ";
  value += std::string(300, 'x') + "hello";
  EXPECT_EQ(load_dump(payload, 1 << 20), value);
  EXPECT_EQ(load_dump(payload, value.size() - 1).error(), DumpError::kSize);
  EXPECT_EQ(load_dump(dump_string(value), 1 << 20), value);
}

TEST(Restore, PayloadThatIsCutOrChanged_IsRefused) {
  const std::string whole = dump_string("some value");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(load_dump(whole.substr(0, size), 100).error(), DumpError::kSeal) << size;
    std::string changed = whole;
    changed[size] = static_cast<char>(changed[size] ^ 4);
    EXPECT_EQ(load_dump(changed, 100).error(), DumpError::kSeal) << size;
  }
}

TEST(Restore, ExpiryInThePast_RemovesWhatIsReplaced) {
  Machine machine;
  machine.run({"SET", "k", "old"});
  EXPECT_EQ(machine.run({"RESTORE", "k", "5", dump_string("new"), "REPLACE", "ABSTTL"}),
            Reply::ok());
  EXPECT_EQ(machine.run({"EXISTS", "k"}), Reply::integer(0));
}

TEST(Values, OfTheLargestOffset_AreMadeAndNoneBeyond) {
  Machine machine;
  machine.value_bytes_max = 512 << 20;
  EXPECT_EQ(machine.read({"GETBIT", "k", "4294967295"}), n(0));
  EXPECT_EQ(machine.run({"SETRANGE", "k", "536870911", "x"}), n(512 << 20));
  EXPECT_EQ(machine.run({"SETBIT", "k", "4294967295", "1"}), n(0));
  EXPECT_EQ(machine.read({"GETRANGE", "k", "-1", "-1"}), b("y"));
  EXPECT_EQ(machine.read({"BITPOS", "k", "1", "-1"}), n(8 * 536870911LL + 1));
  const auto refused = [&](const Words& words, const std::string& text) {
    EXPECT_EQ(machine.run(words), Reply::error("ERR " + text)) << testing::PrintToString(words);
  };
  for (const char* offset : {"4294967296", "-1", "9223372036854775808", "x"}) {
    refused({"SETBIT", "k", offset, "1"}, "bit offset is not an integer or out of range");
    refused({"GETBIT", "k", offset}, "bit offset is not an integer or out of range");
  }
  const std::string too_long = "string exceeds maximum allowed size (536870912 bytes)";
  refused({"SETRANGE", "k", "536870912", "x"}, too_long);
  refused({"SETRANGE", "k", "9223372036854775807", "x"}, too_long);
  refused({"SETRANGE", "k", "-1", "x"}, "offset is out of range");
  refused({"APPEND", "k", "x"}, too_long);
  EXPECT_EQ(machine.read({"STRLEN", "k"}), n(512 << 20));
}

TEST(Values, OverTheLimit_AreRefusedByEveryCommandThatMakesThem) {
  Machine machine;
  machine.value_bytes_max = 8;
  machine.run({"SET", "k", "12345678", "PX", "900"});
  const std::vector<Words> commands = {
      {"SETRANGE", "k", "8", "9"},
      {"SETEX", "k", "10", "123456789"},
      {"GETSET", "k", "123456789"},
      {"SETNX", "new", "123456789"},
      {"MSETNX", "new", "123456789"},
      {"INCRBYFLOAT", "k", "1e9"},
      {"BITFIELD", "k", "SET", "u8", "57", "1"},
      {"RESTORE", "new", "0", dump_string("123456789")},
  };
  for (const Words& words : commands) {
    EXPECT_EQ(machine.run(words), Reply::error("ERR string exceeds maximum allowed size (8 bytes)"))
        << testing::PrintToString(words);
  }
  EXPECT_EQ(machine.run({"SETBIT", "k", "64", "1"}),
            Reply::error("ERR bit offset is not an integer or out of range"));
  EXPECT_EQ(text_of(machine.run({"GET", "k"})), "12345678");
  EXPECT_EQ(machine.run({"DBSIZE"}), Reply::integer(1));
}

}  // namespace
}  // namespace holdfast::kv
