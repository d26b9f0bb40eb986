#include "load/pace.hpp"

#include <gtest/gtest.h>

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;

const Clock::time_point kBegin = Clock::time_point(1h);

TEST(Pace, ClosedLoop_IsAlwaysDueNow) {
  const Pace pace(kBegin, 0, 3);
  EXPECT_FALSE(pace.is_open());
  EXPECT_EQ(pace.due(2, 1000, kBegin), kBegin);
}

TEST(Pace, OpenLoop_ClientsTakeTheLinesInTurn) {
  const Pace pace(kBegin, 1000, 3);
  const auto later = kBegin + 1s;
  EXPECT_EQ(pace.due(0, 0, later), kBegin);
  EXPECT_EQ(pace.due(1, 0, later), kBegin + 1ms);
  EXPECT_EQ(pace.due(0, 1, later), kBegin + 3ms);
  EXPECT_EQ(pace.due(2, 2, later), kBegin + 8ms);
}

TEST(Pace, OpenLoop_LateClientKeepsTheTimeThatWasDue) {
  const Pace pace(kBegin, 1000, 1);
  EXPECT_EQ(pace.due(0, 5, kBegin + 4ms), std::nullopt);
  EXPECT_EQ(pace.due(0, 5, kBegin + 5ms), kBegin + 5ms);
  EXPECT_EQ(pace.due(0, 5, kBegin + 1h), kBegin + 5ms);
}

TEST(Pace, LinesUntil_CountsThoseBefore) {
  const Pace pace(kBegin, 1000, 7);
  EXPECT_EQ(pace.lines_until(kBegin), 0u);
  EXPECT_EQ(pace.lines_until(kBegin + 1ns), 1u);
  EXPECT_EQ(pace.lines_until(kBegin + 2s), 2000u);
  // A rate whose lines fall between the clock's ticks.
  const Pace odd(kBegin, 333'333, 7);
  const std::uint64_t lines = odd.lines_until(kBegin + 10s);
  EXPECT_LT(odd.due(lines - 1), kBegin + 10s);
  EXPECT_GE(odd.due(lines), kBegin + 10s);
}

}  // namespace
}  // namespace holdfast::bench
