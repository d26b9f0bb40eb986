#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/node.hpp"

namespace holdfast::frontend {
namespace {

using testing::StartsWith;

TEST(RaftFetch, AsksTheNodeForAPart) {
  Client client;
  client.node.now.leader = NodeId(2);
  EXPECT_EQ(client.calls({"RAFT", "FETCH", "0", "1048576"}), "") << "any node gives it";
  EXPECT_EQ(client.calls({"RAFT", "FETCH", "7", "0", "18446744073709551615"}), "");
  ASSERT_EQ(client.node.fetches.size(), 2u);
  EXPECT_EQ(client.node.fetches[0].offset, 0u);
  EXPECT_EQ(client.node.fetches[0].size, 1048576u);
  EXPECT_EQ(client.node.fetches[0].number, 0u) << "the newest";
  EXPECT_EQ(client.node.fetches[1].offset, 7u);
  EXPECT_EQ(client.node.fetches[1].size, 0u);
  EXPECT_EQ(client.node.fetches[1].number, 18446744073709551615u);
}

TEST(RaftFetch, WrongArguments_AreRefusedAtOnce) {
  Client client;
  const std::vector<std::vector<std::string>> wrong{
      {"0"},           {"-1", "5"},     {"0", "1048577"}, {"x", "5"},           {"0", "-1"},
      {"0", "5", "0"}, {"0", "5", "x"}, {"0", "5", "-1"}, {"0", "5", "1", "1"}, {"0", "5", ""}};
  for (std::vector<std::string> args : wrong) {
    args.insert(args.begin(), {"RAFT", "FETCH"});
    EXPECT_THAT(client.calls(args), StartsWith("-ERR ")) << testing::PrintToString(args);
  }
  EXPECT_TRUE(client.node.fetches.empty());
  EXPECT_EQ(client.calls({"PING"}), "+PONG\r\n");
}

}  // namespace
}  // namespace holdfast::frontend
