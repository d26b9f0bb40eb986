#include "sim/cluster.hpp"

#include <gtest/gtest.h>

#include "sim/kv_cluster.hpp"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

TEST(Cluster, FairWeather_ElectsALeader) {
  Cluster cluster(kv_cluster(3, 1));
  cluster.start_all();
  EXPECT_TRUE(cluster.run_until([&] { return bool(cluster.leader()); }, 5s));
  cluster.run_for(1s);
  EXPECT_TRUE(cluster.has_converged());
}

TEST(Cluster, SameSeed_SameHash) {
  const auto hash = [](std::uint64_t seed) {
    Cluster cluster(kv_cluster(5, seed));
    cluster.start_all();
    cluster.run_for(3s);
    return cluster.events().hash();
  };
  EXPECT_EQ(hash(1), hash(1));
  EXPECT_NE(hash(1), hash(2));
}

}  // namespace
}  // namespace holdfast::sim
