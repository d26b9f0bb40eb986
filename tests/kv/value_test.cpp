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

TEST(Value, AppendToASharedOne_LeavesTheCopyAsItWas) {
  Value value(kLong);
  const Value copy = value;
  value.append("!");
  EXPECT_EQ(value.view(), kLong + "!");
  EXPECT_EQ(copy.view(), kLong);
}

TEST(Value, AppendOverTheBorder_IsSharedFromThenOn) {
  Value value(std::string(Value::kSharedFrom - 1, 'x'));
  value.append("y");
  EXPECT_EQ(value.view(), std::string(Value::kSharedFrom - 1, 'x') + "y");
  EXPECT_EQ(Value(value).view().data(), value.view().data());
}

TEST(Value, FoundInAKeyspace_OutlivesWhatHappensToTheKey) {
  Keyspace keyspace;
  keyspace.set("k", kLong);
  const Value found = *keyspace.find("k");
  keyspace.append("k", "more");
  EXPECT_EQ(found.view(), kLong);
  keyspace.erase("k");
  EXPECT_EQ(found.view(), kLong);
}

}  // namespace
}  // namespace holdfast::kv
