#include <gtest/gtest.h>

#include "raft/core.hpp"

namespace holdfast::raft {
namespace {

std::size_t count(const std::vector<std::vector<Entry>>& dropped) {
  std::size_t entries = 0;
  for (const auto& part : dropped) entries += part.size();
  return entries;
}

// A cluster of one node, whose disk is quick.
class Compaction : public testing::Test {
 protected:
  Compaction() {
    Config config;
    config.id = NodeId(1);
    config.voters = {NodeId(1)};
    config.log_tail_bytes = 1000;
    core.emplace(config, Restored{}, now);
    core->tick(now);
    while (!core->is_leader()) turn();
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(core->propose(Payload(std::string(100, 'x'))));
    turn();
    turn();
    EXPECT_EQ(core->commit_index(), Index(101));
  }

  Effects turn() {
    Effects effects = core->take_effects(now);
    for (const Persist& batch : effects.persist) core->persisted(now, batch.ticket);
    return effects;
  }

  Instant now{std::chrono::seconds(1)};
  std::optional<Core> core;
};

// Kills: freeing millions of entries in one turn, while all wait.
TEST_F(Compaction, DroppedEntries_AreHandedOutToBeFreed) {
  core->compact(Index(101));
  const std::size_t kept = core->log().last_index().value() - core->log().base().index.value();
  ASSERT_GT(kept, 1u);
  ASSERT_LT(kept, 10u);
  EXPECT_EQ(core->log().bytes(), kept * Log::cost(core->log().at(Index(101))));
  const Effects effects = turn();
  EXPECT_EQ(count(effects.dropped), 101 - kept);
  EXPECT_EQ(effects.dropped[0].back().payload.size(), 100u);
  EXPECT_EQ(count(turn().dropped), 0u);
}

TEST_F(Compaction, LittleIsDropped_TheBytesOfTheRestAreRight) {
  core->compact(Index(20));
  const std::size_t kept = core->log().last_index().value() - core->log().base().index.value();
  EXPECT_EQ(core->log().bytes(), kept * Log::cost(core->log().at(Index(101))));
}

TEST_F(Compaction, SnapshotFromElsewhere_TheWholeLogIsHandedOut) {
  Core follower = *core;
  follower.receive(now, {NodeId(2), NodeId(1), Heartbeat{.term = core->term().next()}});
  follower.take_effects(now);
  ASSERT_TRUE(follower.install(now, {.last = {Index(500), core->term()}, .membership = {}}));
  EXPECT_EQ(count(follower.take_effects(now).dropped), 101u);
}

}  // namespace
}  // namespace holdfast::raft
