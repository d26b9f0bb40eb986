#include <gtest/gtest.h>

#include "raft/core.hpp"

namespace holdfast::raft {
namespace {

// Kills: holding back an answer to each heartbeat of the days until a full disk has room.
TEST(Core, DiskThatStandsStill_HoldsBackABoundedNumberOfAnswers) {
  Config config;
  config.id = NodeId(1);
  config.voters = {NodeId(1), NodeId(2), NodeId(3)};
  Instant now;
  Core node(config, {}, now);
  Ticket last;
  for (std::uint64_t round = 1; round <= 10'000; ++round) {
    now += config.heartbeat_interval;
    node.receive(now, {NodeId(2), NodeId(1), Heartbeat{.term = Term(1), .round = Round(round)}});
    const Effects effects = node.take_effects(now);
    EXPECT_TRUE(effects.messages.empty());
    if (!effects.persist.empty()) last = effects.persist.back().ticket;
  }
  node.persisted(now, last);
  const auto answers = node.take_effects(now).messages;
  EXPECT_LE(answers.size(), 1024u);
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(std::get<HeartbeatResponse>(answers.back().message).round, Round(10'000));
}

}  // namespace
}  // namespace holdfast::raft
