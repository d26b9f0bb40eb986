#include "replica/cluster_clock.hpp"

#include <gtest/gtest.h>

namespace holdfast::replica {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart{seconds(50)};
constexpr std::uint64_t kWall = 1'700'000'000'000;

TEST(ClusterClock, NewLeader_GoesOnFromItsWallClockIfThatIsAhead) {
  ClusterClock clock;
  clock.tell(kStart, kWall);
  clock.lead(kStart + seconds(2), kWall - 5000);
  EXPECT_EQ(clock.read(kStart + seconds(3), kWall - 5000), kWall + 3000);
}

TEST(ClusterClock, WallClockThatIsBehindTheLog_IsNotFollowed) {
  ClusterClock clock;
  clock.tell(kStart, kWall);
  clock.lead(kStart, kWall + 60'000);
  EXPECT_EQ(clock.read(kStart + seconds(1), kWall + 60'000), kWall + 61'000);
  EXPECT_EQ(clock.read(kStart + seconds(1), kWall + 90'000), kWall + 90'000)
      << "an earlier leader's entry was applied late";
}

TEST(ClusterClock, WallClockThatJumpsForth_IsApproachedByATenthOfTheTime) {
  ClusterClock clock;
  clock.tell(kStart, kWall);
  clock.lead(kStart, 0);
  constexpr std::uint64_t kJump = 3'600'000;
  for (int i = 1; i <= 10; ++i) clock.tell(kStart + seconds(i), kWall + kJump + 1000 * i);
  EXPECT_EQ(clock.read(kStart + seconds(10), 0), kWall + 11'000);
}

TEST(ClusterClock, WallClockThatJumpsBack_SlowsTimeDownAndNeverTurnsIt) {
  ClusterClock clock;
  clock.tell(kStart, kWall);
  clock.lead(kStart, 0);
  std::uint64_t last = clock.read(kStart, 0);
  for (int i = 1; i <= 10; ++i) {
    clock.tell(kStart + seconds(i), kWall - 100'000);
    const std::uint64_t now = clock.read(kStart + seconds(i), 0);
    EXPECT_GT(now, last);
    last = now;
  }
  EXPECT_EQ(last, kWall + 9'000);
}

// Kills: a time to live that grows from one read to the next.
TEST(ClusterClock, TimeThatWasRead_IsTheLeastFromThenOn) {
  ClusterClock clock;
  clock.tell(kStart, kWall);
  clock.lead(kStart, 0);
  EXPECT_EQ(clock.read(kStart + seconds(1), 0), kWall + 1000);
  clock.tell(kStart + seconds(1), kWall - 100'000);
  EXPECT_EQ(clock.read(kStart + seconds(1), 0), kWall + 1000);
  clock.lead(kStart + seconds(1), 0);
  EXPECT_EQ(clock.read(kStart + seconds(1), 0), kWall + 1000) << "leading anew";
}

// Kills: keys that expire a day early, since the clock was wrong when this node led before.
TEST(ClusterClock, WhatWasReadByAWrongClock_DoesNotCountInTheNextLeadership) {
  constexpr std::uint64_t kDay = 24 * 3'600'000;
  ClusterClock clock;
  clock.tell(kStart, kWall + kDay);
  clock.lead(kStart, kWall);
  EXPECT_EQ(clock.read(kStart, kWall), kWall + kDay);
  clock.follow();
  clock.applied(kStart + seconds(1), kWall + 1000, true);
  clock.tell(kStart + seconds(1), kWall + 1000);
  clock.lead(kStart + seconds(2), kWall + 1000);
  EXPECT_EQ(clock.read(kStart + seconds(2), kWall + 1000), kWall + 2000);
}

// Kills: time that stands still for as long as a node was cut off.
TEST(ClusterClock, EntryThatCameLate_DoesNotHoldTheWallClockBack) {
  constexpr std::uint64_t kCutOff = 1'800'000;
  ClusterClock clock;
  clock.tell(kStart, kWall);
  clock.applied(kStart, kWall, true);
  const Instant later = kStart + milliseconds(kCutOff);
  clock.tell(later, kWall + kCutOff);
  clock.applied(later, kWall + 60'000, true);
  clock.lead(later, kWall + 60'000);
  EXPECT_EQ(clock.read(later, kWall + 60'000), kWall + kCutOff);
}

TEST(ClusterClock, HostWithoutAWallClock_CountsFromZero) {
  ClusterClock clock;
  clock.lead(kStart, 0);
  EXPECT_EQ(clock.read(kStart + milliseconds(1500), 0), 1500u);
}

}  // namespace
}  // namespace holdfast::replica
