#include "kv/keyspace.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/prng.hpp"
#include "kv/piece.hpp"

namespace holdfast::kv {
namespace {

const std::string kLong(Value::kSharedFrom, 'x');

std::string_view value_of(const Keyspace& keyspace, std::string_view key) {
  const Entry* entry = keyspace.find(key);
  return entry == nullptr ? "(none)" : entry->view();
}

TEST(Keyspace, KeyOfWhichTheTimeHasCome_IsGoneAtThatTimeAndNotBefore) {
  Keyspace keyspace;
  keyspace.advance(1000, 0);
  keyspace.set("k", "v", 1500);
  keyspace.advance(1499, 0);
  EXPECT_EQ(value_of(keyspace, "k"), "v");
  keyspace.advance(1500, 0);
  EXPECT_EQ(value_of(keyspace, "k"), "(none)");
  EXPECT_FALSE(keyspace.erase("k"));
  EXPECT_FALSE(keyspace.set_expiry("k", 9000));
  EXPECT_EQ(keyspace.append("k", "new"), 3u) << "nothing is left of what has expired";
  EXPECT_EQ(keyspace.find("k")->expires_ms, 0u);
}

// A WATCH of a key that isn't there goes by what was last removed of its slot.
TEST(Keyspace, RemovalsThatDiffer_MakeAnotherDigest) {
  Keyspace one, other;
  for (Keyspace* keyspace : {&one, &other}) {
    const char* key = keyspace == &one ? "a" : "b";
    keyspace->set(key, "v");
    keyspace->erase(key);
    keyspace->set("k", "v");
  }
  ASSERT_EQ(one.revision(), other.revision());
  ASSERT_NE(one.version_of("a"), other.version_of("a"));
  EXPECT_NE(one.digest(), other.digest());
}

TEST(Keyspace, ExpiredKeys_LeaveMemoryOldestFirstAndNoMoreThanAskedFor) {
  Keyspace keyspace;
  for (int i = 0; i < 10; ++i) keyspace.set("k" + std::to_string(i), "v", 100 + i);
  keyspace.set("stays", "v");
  EXPECT_EQ(keyspace.next_expiry_ms(), 100u);
  keyspace.advance(105, 4);
  EXPECT_EQ(keyspace.size(), 7u);
  EXPECT_EQ(keyspace.next_expiry_ms(), 104u);
  keyspace.advance(1000, 100);
  EXPECT_EQ(keyspace.size(), 1u);
  EXPECT_EQ(keyspace.expiring(), 0u);
  EXPECT_EQ(keyspace.next_expiry_ms(), std::nullopt);
  EXPECT_EQ(keyspace.bytes(), kPairBytes + 6);
}

TEST(Keyspace, KeysThatExpire_AreCountedOnceHoweverTheyGo) {
  Keyspace keyspace;
  for (const char* key : {"a", "b", "c", "erased"}) keyspace.set(key, "v", 100);
  keyspace.set("stays", "v");
  keyspace.erase("erased");
  keyspace.advance(100, 1);
  EXPECT_EQ(keyspace.expired(), 1u);
  keyspace.set("a", "new");
  keyspace.set("b", "new");
  keyspace.set("c", "new");
  keyspace.erase("c");
  keyspace.advance(1000, 100);
  EXPECT_EQ(keyspace.expired(), 3u);
}

TEST(Keyspace, MeanExpiry_FollowsEveryChange) {
  Keyspace keyspace;
  EXPECT_EQ(keyspace.mean_expiry_ms(), 0u);
  constexpr std::uint64_t kLatest = std::numeric_limits<std::int64_t>::max();
  for (const char* key : {"a", "b", "c"}) keyspace.set(key, "v", kLatest);
  EXPECT_EQ(keyspace.mean_expiry_ms(), kLatest) << "the sum needs more than 64 bits";
  keyspace.set("a", "v", 1000);
  keyspace.set_expiry("b", 2000);
  keyspace.append("b", "w");
  keyspace.set("c", "v");
  EXPECT_EQ(keyspace.mean_expiry_ms(), 1500u);
  keyspace.advance(1000, 10);
  EXPECT_EQ(keyspace.mean_expiry_ms(), 2000u);
  keyspace.clear();
  EXPECT_EQ(keyspace.mean_expiry_ms(), 0u);
}

TEST(Keyspace, AppendAndEdit_KeepTheExpiry_SetDoesNot) {
  Keyspace keyspace;
  keyspace.set("k", "v", 500);
  keyspace.append("k", kLong);
  keyspace.edit("k", 5000)[0] = 'w';
  EXPECT_EQ(keyspace.find("k")->expires_ms, 500u);
  EXPECT_EQ(value_of(keyspace, "k"), "w" + kLong + std::string(5000 - 1 - kLong.size(), '\0'));
  keyspace.set("k", "v");
  EXPECT_EQ(keyspace.next_expiry_ms(), std::nullopt);
}

TEST(Keyspace, Edit_GrowsWithZerosOverTheBorderAndNeverShrinks) {
  Keyspace keyspace;
  keyspace.edit("k", 3)[1] = 'b';
  EXPECT_EQ(value_of(keyspace, "k"), std::string("\0b\0", 3));
  EXPECT_EQ(keyspace.edit("k", 1).size(), 3u);
  EXPECT_EQ(keyspace.edit("k", kLong.size()).size(), kLong.size());
  EXPECT_EQ(keyspace.bytes(), kPairBytes + 1 + kLong.size());
  const Value held = keyspace.find("k")->value();
  keyspace.edit("k", 1)[1] = 'c';
  EXPECT_EQ(held.view()[1], 'b') << "who holds the bytes keeps them as they were";
  EXPECT_EQ(keyspace.find("k")->view()[1], 'c');
}

// Against strings, over the border between short and long and back, under copies of the values.
TEST(Keyspace, RandomChanges_LeaveWhatStringsWould) {
  Prng prng(7);
  Keyspace keyspace;
  keyspace.set("key", "");
  std::string expected;
  std::vector<std::pair<Value, std::string>> held;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text(prng.below(4) == 0 ? prng.below(6000) : prng.below(50),
                           static_cast<char>('a' + prng.below(26)));
    switch (prng.below(4)) {
      case 0:
        keyspace.set("key", text);
        expected = text;
        break;
      case 1:
        keyspace.append("key", text);
        expected += text;
        break;
      case 2: {
        const auto bytes = keyspace.edit("key", text.size());
        if (expected.size() < text.size()) expected.resize(text.size());
        if (!bytes.empty()) bytes.back() = expected.back() = '!';
        break;
      }
      default:
        if (const Entry* entry = keyspace.find("key"); entry != nullptr && held.size() < 300) {
          held.emplace_back(entry->value(), expected);
        }
    }
    if (expected.size() > 20'000) {
      keyspace.erase("key");
      keyspace.append("key", {});
      expected.clear();
    }
    ASSERT_EQ(value_of(keyspace, "key"), expected) << i;
    ASSERT_EQ(keyspace.bytes(), kPairBytes + 3 + expected.size()) << i;
  }
  for (const auto& [value, then] : held) ASSERT_EQ(value.view(), then);
}

TEST(Keyspace, EveryChange_HasARevisionOfItsOwn) {
  Keyspace keyspace;
  keyspace.set("a", "1");
  keyspace.set("b", "1");
  EXPECT_EQ(keyspace.find("a")->revision, 1u);
  EXPECT_EQ(keyspace.find("b")->revision, 2u);
  keyspace.set_expiry("a", 100);
  EXPECT_EQ(keyspace.find("a")->revision, 3u);
  keyspace.erase("b");
  keyspace.set("b", "1");
  EXPECT_EQ(keyspace.find("b")->revision, 5u);
}

TEST(Keyspace, Version_NeverComesBackOnceTheKeyWasChanged) {
  Keyspace keyspace;
  std::vector<std::uint64_t> seen = {keyspace.version_of("k")};
  const auto expect_new = [&](const char* what) {
    for (const std::uint64_t version : seen) EXPECT_NE(keyspace.version_of("k"), version) << what;
    seen.push_back(keyspace.version_of("k"));
  };
  keyspace.set("k", "v", 100);
  expect_new("it was set");
  keyspace.advance(100, 0);
  expect_new("it has expired");
  keyspace.advance(100, 1);
  EXPECT_EQ(keyspace.version_of("k"), seen.back()) << "that it leaves memory is no change";
  keyspace.set("k", "v");
  expect_new("it was set again");
  keyspace.erase("k");
  expect_new("it was removed");
  keyspace.set("k", "v");
  keyspace.clear();
  expect_new("all was removed");
  keyspace.set("other", "v");
  EXPECT_EQ(keyspace.version_of("k"), seen.back());
}

// Kills: an entry of thousands of FLUSHALLs that keeps a megabyte of each.
TEST(Keyspace, FewKeys_AreFreedByClear) {
  Keyspace keys;
  keys.set("k", "v");
  keys.clear();
  EXPECT_TRUE(keys.take_dropped().empty());
  for (std::size_t i = 0; i < kSlotCount; ++i) keys.set(std::to_string(i), "v", 1000);
  keys.clear();
  EXPECT_EQ(keys.take_dropped().size(), 1u) << "many are freed elsewhere";
  EXPECT_EQ(keys.size(), 0u);
  EXPECT_FALSE(keys.next_expiry_ms());
}

// Kills: deadlines freed while everybody waits, for a copy has taken the tables.
TEST(Keyspace, DeadlinesClearedDuringACopy_AreFreedElsewhere) {
  Keyspace keys;
  for (int i = 0; i < 100; ++i) keys.set(std::to_string(i), "v", 1000);
  keys.begin_copy();
  keys.clear();
  EXPECT_FALSE(keys.next_expiry_ms());
  const auto dropped = keys.take_dropped();
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].deadlines.size(), 100u);
  EXPECT_TRUE(dropped[0].slots.empty()) << "the copy has them";
}

}  // namespace
}  // namespace holdfast::kv
