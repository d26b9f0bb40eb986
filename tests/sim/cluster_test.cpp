#include "sim/cluster.hpp"

#include <gtest/gtest.h>

#include "sim/kv_server.hpp"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

ClusterOptions options_for(std::size_t nodes, std::uint64_t seed) {
  ClusterOptions options;
  options.nodes = nodes;
  options.seed = seed;
  options.make_program = [nodes](NodeId id, raft::Restored restored, std::uint64_t nonce,
                                 Streams& streams, Instant now) {
    replica::Config config;
    config.raft.id = id;
    config.raft.seed = nonce;
    for (std::uint64_t n = 1; n <= nodes; ++n) config.raft.voters.push_back(NodeId(n));
    return std::make_unique<KvServer>(config, std::move(restored), nonce, streams, now);
  };
  return options;
}

TEST(Cluster, FairWeather_ElectsALeader) {
  Cluster cluster(options_for(3, 1));
  cluster.start_all();
  EXPECT_TRUE(cluster.run_until([&] { return bool(cluster.leader()); }, 5s));
  cluster.run_for(1s);
  EXPECT_TRUE(cluster.has_converged());
}

TEST(Cluster, SameSeed_SameHash) {
  const auto hash = [](std::uint64_t seed) {
    Cluster cluster(options_for(5, seed));
    cluster.start_all();
    cluster.run_for(3s);
    return cluster.events().hash();
  };
  EXPECT_EQ(hash(1), hash(1));
  EXPECT_NE(hash(1), hash(2));
}

}  // namespace
}  // namespace holdfast::sim
