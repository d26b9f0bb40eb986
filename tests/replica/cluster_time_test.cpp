#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replica/world.hpp"

namespace holdfast::replica {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr std::uint64_t kWallAtStart = 1'700'000'000'000;
constexpr std::uint64_t kHour = 3'600'000;

// Three nodes whose clocks agree, with a key that expires in a minute.
class ClusterTime : public testing::Test {
 protected:
  ClusterTime() {
    set_walls(kWallAtStart);
    EXPECT_FALSE(world.await(world.write(world.elect(), {"SET", "k", "v", "EX", "60"})).is_error());
    world.run_for(3000);
  }

  void set_walls(std::uint64_t ms) {
    for (std::uint64_t id = 1; id <= 3; ++id) world.wall_ms[id] = ms;
  }
  // Another node than the leader by now.
  std::uint64_t depose() {
    const std::uint64_t old = world.leader();
    world.cut(old);
    world.run_until([&] { return world.leader() != 0 && world.leader() != old; });
    return world.leader();
  }
  std::int64_t exists(const char* key) {
    return std::get<std::int64_t>(world.await(world.read(world.elect(), {"EXISTS", key})).value);
  }

  World world{3};
};

TEST_F(ClusterTime, NewLeaderWhoseWallClockIsFast_ExpiresNothingEarly) {
  set_walls(kWallAtStart + kHour);
  const std::uint64_t leader = depose();
  world.await(world.write(leader, {"SET", "other", "v"}));
  EXPECT_EQ(exists("k"), 1);
  EXPECT_LT(world.at(leader).status().cluster_time_ms, kWallAtStart + 60'000);
  EXPECT_GT(world.at(leader).status().wall_ahead_ms, 3'500'000);
  EXPECT_THAT(world.warnings, Contains(HasSubstr("s ahead of the cluster's time")));
  world.run_for(60'000);
  EXPECT_EQ(exists("k"), 0) << "time goes on";
}

TEST_F(ClusterTime, NewLeaderWhoseWallClockIsSlow_GoesOnFromWhatItKnows) {
  set_walls(kWallAtStart - kHour);
  world.run_for(30'000);  // nobody writes
  const std::uint64_t leader = depose();
  world.await(world.write(leader, {"SET", "other", "v"}));
  EXPECT_GT(world.at(leader).status().cluster_time_ms, kWallAtStart + 25'000);
  EXPECT_THAT(world.warnings, Contains(HasSubstr("s behind the cluster's time")));
}

TEST_F(ClusterTime, AllWereDown_GoesOnFromTheWallClockAndSaysSo) {
  for (std::uint64_t id = 1; id <= 3; ++id) world.crash(id);
  set_walls(kWallAtStart + kHour);
  for (std::uint64_t id = 1; id <= 3; ++id) world.restart(id);
  EXPECT_EQ(exists("k"), 0);
  EXPECT_THAT(world.warnings,
              testing::ElementsAre(HasSubstr("goes 3603 s forth to this node's wall clock")));
}

TEST_F(ClusterTime, ClocksThatAgree_WarnOfNothing) {
  world.run_for(30'000);
  depose();
  world.heal();
  world.run_for(30'000);
  EXPECT_THAT(world.warnings, testing::IsEmpty());
  for (std::uint64_t id = 1; id <= 3; ++id) {
    EXPECT_LT(std::abs(world.at(id).status().wall_ahead_ms), 1000);
  }
}

// For those who watch a node: of what it replays they have heard.
TEST_F(ClusterTime, KeysThatExpire_AreCountedByEachNodeOnce) {
  const auto expired = [&](std::uint64_t node) { return world.at(node).status().keys_expired; };
  EXPECT_NEAR(static_cast<double>(world.at(world.leader()).status().ttl_mean_ms), 57'000, 1000);
  world.run_for(30'000);  // nobody writes
  for (std::uint64_t id = 1; id <= 3; ++id) {
    EXPECT_NEAR(static_cast<double>(world.at(id).status().ttl_mean_ms), 27'000, 1000) << id;
    EXPECT_EQ(expired(id), 0u) << id;
  }
  world.run_for(30'000);
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(expired(id), 1u) << id;
  world.crash(1);
  world.restart(1);
  ASSERT_FALSE(world.await(world.write(1, {"SET", "short", "v", "PX", "100"})).is_error());
  EXPECT_EQ(expired(1), 0u) << "the replay";
  world.run_for(1000);
  EXPECT_EQ(expired(1), 1u);
}

}  // namespace
}  // namespace holdfast::replica
