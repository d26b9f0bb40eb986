#include "kv/value.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kv/keyspace.hpp"

namespace holdfast::kv {
namespace {

const std::string kLong(Value::kSharedFrom, 'x');

TEST(Value, CopyOfALongOne_SharesItsBytes) {
  const Value value(kLong);
  const Value copy = value;
  EXPECT_EQ(copy.view().data(), value.view().data());
  EXPECT_EQ(copy.own_bytes(), 0u);
}

TEST(Value, CopyOfAShortOne_HasItsOwnBytes) {
  const Value value("short");
  const Value copy = value;
  EXPECT_NE(copy.view().data(), value.view().data());
  EXPECT_EQ(copy.own_bytes(), 5u);
}

TEST(Value, LongOneThatNobodyShares_CountsInFull) {
  EXPECT_EQ(Value(kLong).own_bytes(), kLong.size());
}

TEST(Value, FoundInAKeyspace_OutlivesWhatHappensToTheKey) {
  Keyspace keyspace;
  keyspace.set("k", kLong);
  const Value found = keyspace.find("k")->value();
  keyspace.append("k", "more");
  EXPECT_EQ(found.view(), kLong);
  keyspace.erase("k");
  EXPECT_EQ(found.view(), kLong);
}

TEST(Value, LongOneThatIsSetAnew_StaysWhereItIsUnlessSomebodyHoldsIt) {
  Keyspace keyspace;
  keyspace.set("k", kLong);
  const char* place = keyspace.find("k")->view().data();
  const std::string other(kLong.size(), 'y');
  keyspace.set("k", other);
  EXPECT_EQ(keyspace.find("k")->view().data(), place);

  const Value held = keyspace.find("k")->value();
  keyspace.set("k", kLong);
  EXPECT_EQ(keyspace.find("k")->view(), kLong);
  EXPECT_EQ(held.view(), other);
}

TEST(Value, MuchShorterOneThatIsSetAnew_GivesMemoryBack) {
  Keyspace keyspace;
  keyspace.set("k", std::string(16 * kLong.size(), 'x'));
  const char* place = keyspace.find("k")->view().data();
  keyspace.set("k", kLong);
  EXPECT_NE(keyspace.find("k")->view().data(), place);
  EXPECT_EQ(keyspace.find("k")->view(), kLong);
}

}  // namespace
}  // namespace holdfast::kv
