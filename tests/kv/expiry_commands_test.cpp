#include <gtest/gtest.h>

#include "machine.hpp"

// What needs a clock that can be moved, and what Redis 7.0 lacks: all else is compared with Redis
// by tests/differential.

namespace holdfast::kv {
namespace {

TEST(Expiry, IsCountedFromTheEntrysTime) {
  Machine machine;
  EXPECT_EQ(machine.run({"SET", "k", "v", "PX", "1500"}), kOk);
  EXPECT_EQ(machine.run({"PEXPIRETIME", "k"}), n(1'001'500));
  EXPECT_EQ(machine.run({"EXPIRETIME", "k"}), n(1002)) << "rounded";
  machine.now_ms += 1000;
  EXPECT_EQ(machine.run({"PTTL", "k"}), n(500));
  EXPECT_EQ(machine.run({"TTL", "k"}), n(1)) << "rounded";
  machine.now_ms += 1;
  EXPECT_EQ(machine.run({"TTL", "k"}), n(0));
  machine.now_ms += 498;
  EXPECT_EQ(machine.run({"GET", "k"}), b("v"));
  machine.now_ms += 1;
  EXPECT_EQ(machine.run({"GET", "k"}), kNull);
  EXPECT_EQ(machine.run({"TTL", "k"}), n(-2));
  EXPECT_EQ(machine.run({"SET", "k", "w", "NX"}), kOk);
}

TEST(Expiry, InThePast_MakesNoKey) {
  Machine machine;
  for (const Words& set :
       {Words{"SET", "k", "v", "PXAT", "1000000"}, {"SET", "k", "v", "EXAT", "999"}}) {
    machine.run({"SET", "k", "old"});
    EXPECT_EQ(machine.run(set), kOk);
    EXPECT_EQ(machine.run({"DBSIZE"}), n(0)) << testing::PrintToString(set);
  }
}

TEST(Expiry, IsKeptByWhatChangesTheValueInPlace) {
  Machine machine;
  const std::vector<Words> changes = {{"APPEND", "k", "1"},
                                      {"INCR", "k"},
                                      {"INCRBYFLOAT", "k", "1"},
                                      {"SETRANGE", "k", "0", "1"},
                                      {"SET", "k", "1", "KEEPTTL"}};
  machine.run({"SET", "k", "1", "PX", "5000"});
  for (const Words& change : changes) {
    EXPECT_FALSE(machine.run(change).is_error());
    EXPECT_EQ(machine.run({"PTTL", "k"}), n(5000)) << testing::PrintToString(change);
  }
  machine.run({"SET", "k", "1"});
  EXPECT_EQ(machine.run({"PTTL", "k"}), n(-1));
}

TEST(SetIfEqual, ComparesWithTheValueThatIsThere) {
  Machine machine;
  EXPECT_EQ(machine.run({"SET", "k", "b", "IFEQ", ""}), kNull) << "no key is not an empty one";
  EXPECT_EQ(machine.run({"SET", "k", "b", "IFEQ", "a", "GET"}), kNull);
  EXPECT_EQ(machine.run({"GET", "k"}), kNull);
  machine.run({"SET", "k", "a"});
  EXPECT_EQ(machine.run({"SET", "k", "b", "IFEQ", "x"}), kNull);
  EXPECT_EQ(machine.run({"SET", "k", "b", "ifeq", "a"}), kOk);
  EXPECT_EQ(machine.run({"SET", "k", "c", "GET", "IFEQ", "x"}), b("b"));
  EXPECT_EQ(machine.run({"SET", "k", "c", "IFEQ", "b", "GET"}), b("b"));
  EXPECT_EQ(machine.run({"GET", "k"}), b("c"));
  for (const Words& wrong : {Words{"SET", "k", "d", "IFEQ"},
                             {"SET", "k", "d", "IFEQ", "c", "NX"},
                             {"SET", "k", "d", "XX", "IFEQ", "c"}}) {
    EXPECT_EQ(machine.run(wrong), Reply::error("ERR syntax error"));
  }
}

TEST(DeleteIfEqual, ComparesWithTheValueThatIsThere) {
  Machine machine;
  EXPECT_EQ(machine.run({"DELIFEQ", "k", ""}), n(0));
  machine.run({"SET", "k", "a"});
  EXPECT_EQ(machine.run({"DELIFEQ", "k", "b"}), n(0));
  EXPECT_EQ(machine.run({"DELIFEQ", "k", "a"}), n(1));
  EXPECT_EQ(machine.run({"EXISTS", "k"}), n(0));
}

}  // namespace
}  // namespace holdfast::kv
