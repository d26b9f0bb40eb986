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

}  // namespace
}  // namespace holdfast::kv
