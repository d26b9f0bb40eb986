#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/prng.hpp"
#include "copies.hpp"
#include "kv/keyspace.hpp"
#include "machine.hpp"

// A slot with so many keys that it is in parts.

namespace holdfast::kv {
namespace {

const std::uint16_t kSlot = key_slot("t");

std::string tagged(std::uint64_t n) {
  return "{t}" + std::to_string(n);
}

// A keyspace, and what should be in it, which comes and goes by thousands.
class Changing {
 public:
  explicit Changing(std::uint64_t seed) : prng_(seed) {}

  void change() {
    if (prng_.below(5'000) == 0) grows_ = !grows_;
    const std::string key = tagged(prng_.below(8'000));
    const bool adds = prng_.below(4) != 0 ? grows_ : !grows_;
    if (!adds) {
      EXPECT_EQ(keyspace_.erase(key), expected_.erase(key) == 1);
      gone_.insert(key);
    } else if (prng_.below(5) == 0) {
      keyspace_.append(key, "x");
      expected_[key] += "x";
    } else {
      expected_[key] = std::to_string(prng_.below(100));
      keyspace_.set(key, expected_[key]);
    }
  }
  void check() const {
    ASSERT_EQ(keyspace_.size_of_slot(kSlot), expected_.size());
    std::map<std::string, std::string> found;
    keyspace_.for_each_in_slot(kSlot, [&](const Entry& entry) {
      EXPECT_TRUE(found.emplace(entry.key(), entry.view()).second);
      EXPECT_EQ(keyspace_.find(entry.key()), &entry);
    });
    EXPECT_EQ(found, expected_);
    std::set<std::string_view> counted;
    for (std::size_t i = 0; i < expected_.size(); ++i)
      counted.insert(keyspace_.nth_of_slot(kSlot, i)->key());
    EXPECT_EQ(counted.size(), expected_.size());
  }
  // While changes go on, from the slot's beginning to its end.
  void scan() {
    const auto before = expected_;
    gone_.clear();
    std::multiset<std::string> found;
    const std::size_t count = prng_.between(1, 300);
    for (std::optional<std::uint64_t> place = 0; place;) {
      std::vector<PlacedKey> page;
      place = keyspace_.add_keys(kSlot, *place, count, page).next;
      EXPECT_TRUE(std::ranges::is_sorted(page));
      for (const PlacedKey& key : page) {
        EXPECT_TRUE(expected_.contains(std::string(key.key)));
        found.emplace(key.key);
      }
      for (auto changes = prng_.below(100); changes > 0; --changes) change();
    }
    for (const auto& [key, value] : before) {
      EXPECT_TRUE(gone_.contains(key) || found.count(key) == 1) << key;
    }
  }

 private:
  Prng prng_;
  Keyspace keyspace_;
  std::map<std::string, std::string> expected_;
  std::set<std::string> gone_;  // since the last scan began
  bool grows_ = true;
};

TEST(LargeSlot, RandomChanges_LeaveWhatAMapWould_AndAScanMissesNothing) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    Changing changing(seed);
    for (int round = 0; round < 30; ++round) {
      for (int i = 0; i < 2'000; ++i) changing.change();
      changing.check();
      changing.scan();
    }
  }
}

TEST(LargeSlot, Emptied_IsASmallOneAgain) {
  SlotTable slot;
  const auto place = [](std::uint64_t n) { return place_of(HashedKey(tagged(n))); };
  const auto is_in_parts = [&] { return slot.next_part(0).has_value(); };
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t n = 0; n < 5'000; ++n) slot.insert(place(n), EntryHandle(tagged(n), "v"));
    EXPECT_TRUE(is_in_parts());
    for (std::uint64_t n = 0; n < 5'000; ++n) {
      slot.erase(place(n), slot.part_of(place(n)).find(HashedKey(tagged(n))));
    }
    EXPECT_FALSE(is_in_parts());
    EXPECT_TRUE(slot.empty());
  }
}

// Kills: a table of all the slot's keys, which are moved all at once when it grows.
TEST(LargeSlot, HasNoLargeTable) {
  SlotTable slot;
  for (std::uint64_t n = 0; n < 50'000; ++n) {
    slot.insert(place_of(HashedKey(tagged(n))), EntryHandle(tagged(n), "v"));
  }
  std::size_t size = 0;
  for (std::optional<std::uint64_t> place = 0; place; place = slot.next_part(*place)) {
    const Table& part = slot.part_of(*place);
    EXPECT_LE(part.size(), SlotTable::kPartMax);
    EXPECT_GE(part.size(), SlotTable::kPartMax / 2);
    size += part.size();
  }
  EXPECT_EQ(size, 50'000u);
}

// By the definition: of the living in the order of their places, as many as wanted, and what else
// is at the last one's place.
std::vector<PlacedKey> first_living(const Keyspace& keyspace, std::uint64_t place,
                                    std::size_t count) {
  std::vector<PlacedKey> keys;
  keyspace.for_each_in_slot(kSlot, [&](const Entry& entry) {
    const PlacedKey key{place_of(HashedKey(entry.key())), entry.key()};
    if (key.place >= place) keys.push_back(key);
  });
  std::ranges::sort(keys);
  if (keys.size() <= count) return keys;
  const std::uint64_t end = count == 0 ? 0 : keys[count - 1].place;
  std::erase_if(keys, [&](const PlacedKey& key) { return count == 0 || key.place > end; });
  return keys;
}

TEST(LargeSlot, FirstLivingKeys_AreFoundAmongTheExpired) {
  Prng prng(1);
  Keyspace keyspace;
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    keyspace.set(tagged(n), "v", prng.below(100) < 97 ? 1'000 : 0);
  }
  keyspace.advance(2'000, 0);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t place = prng.below(std::uint64_t{1} << kPlaceBits);
    const std::size_t count = prng.below(i % 2 == 0 ? 20 : 1'000);
    EXPECT_EQ(keyspace.keys_from(kSlot, place, count), first_living(keyspace, place, count));
  }
}

TEST(LargeSlot, OneThatLivesAmongFiftyThousandExpired_IsFound) {
  Keyspace keyspace;
  for (std::uint64_t n = 0; n < 50'000; ++n) keyspace.set(tagged(n), "v", 1'000);
  keyspace.set("{t}alive", "v");
  keyspace.advance(2'000, 0);
  for (const std::size_t count : {1u, 16u, 100'000u}) {
    const auto keys = keyspace.keys_from(kSlot, 0, count);
    ASSERT_EQ(keys.size(), 1u) << count;
    EXPECT_EQ(keys[0].key, "{t}alive");
  }
}

// One has come to its keys by another way than the other: their parts differ.
TEST(LargeSlot, WhatIsSeen_DoesNotDependOnItsHistory) {
  Machine one;
  std::vector<Words> commands;
  for (std::uint64_t n = 0; n < 9'000; ++n) commands.push_back({"SET", tagged(n), "v"});
  for (std::uint64_t n = 0; n < 9'000; ++n) {
    if (n % 3 != 0) commands.push_back({"DEL", tagged(n)});
  }
  one.run_all(commands);
  auto other = built_of(copy_of(one.state()));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->digest(), one.state().digest());
  const auto expect_same = [&](const Words& words, const Moment& moment = {}) {
    const Reply reply = one.read(words, moment);
    EXPECT_EQ(reply, other->read(views(words), moment)) << testing::PrintToString(words);
    return reply;
  };
  for (std::string cursor = "0", count = "7"; cursor != "end";) {
    const Reply page = expect_same({"SCAN", cursor, "COUNT", count});
    const Reply& next = std::get<Reply::Array>(page.value).at(0);
    cursor = std::get<Reply::Bulk>(next.value).bytes.view();
    if (cursor == "0") cursor = "end";
  }
  for (std::uint64_t i = 0; i < 200; ++i)
    expect_same({"RANDOMKEY"}, {.chance = i, .is_replicated = true});
  expect_same({"CLUSTER", "GETKEYSINSLOT", std::to_string(kSlot), "2000"});
  expect_same({"KEYS", "*"});
}

}  // namespace
}  // namespace holdfast::kv
