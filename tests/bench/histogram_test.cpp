#include "load/histogram.hpp"

#include <gtest/gtest.h>

namespace holdfast::bench {
namespace {

using Time = Histogram::Time;

TEST(Histogram, Empty_HasZeros) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile(0.5), Time(0));
  EXPECT_EQ(histogram.most(), Time(0));
}

TEST(Histogram, ShortTimes_AreExact) {
  Histogram histogram;
  for (int i = 1; i <= 200; ++i) histogram.add(Time(i));
  EXPECT_EQ(histogram.percentile(0.5), Time(100));
  EXPECT_EQ(histogram.percentile(0.99), Time(198));
  EXPECT_EQ(histogram.percentile(1), Time(200));
  EXPECT_EQ(histogram.percentile(0), Time(1));
}

TEST(Histogram, AnyTime_IsWithinA128th) {
  for (std::int64_t time = 1; time < 3'600'000'000; time += 1 + time / 50) {
    Histogram histogram;
    histogram.add(Time(time));
    histogram.add(Time(3'600'000'000));
    const std::int64_t found = histogram.percentile(0.5).count();
    EXPECT_GE(found, time);
    EXPECT_LE(found - time, time / 128);
  }
}

TEST(Histogram, LongestTime_IsKeptAsItIs) {
  Histogram histogram;
  histogram.add(Time(1'000'001), 3);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.percentile(0.999), Time(1'000'001));
  EXPECT_EQ(histogram.most(), Time(1'000'001));
}

TEST(Histogram, TimesOutOfBounds_CountAsTheBounds) {
  Histogram histogram;
  histogram.add(Time(-5));
  histogram.add(std::chrono::hours(20));
  EXPECT_EQ(histogram.percentile(0.5), Time(0));
  EXPECT_EQ(histogram.most(), std::chrono::hours(1));
}

}  // namespace
}  // namespace holdfast::bench
