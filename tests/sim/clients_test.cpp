#include <gtest/gtest.h>

#include "lincheck/check.hpp"
#include "sim/clerk_client.hpp"
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

TEST(Clients, LeaderCrashesAgainAndAgain_HistoryIsLinearizable) {
  Cluster cluster(options_for(3, 1));
  Recorder recorder(cluster);
  std::vector<std::unique_ptr<Client>> clients;
  for (std::uint64_t n = 1; n <= 4; ++n) {
    client::ClerkOptions options;
    options.seed = n;
    clients.push_back(std::make_unique<ClerkClient>(cluster, recorder, Workload({}, n, Dice(n)), n,
                                                    options, Pace{}, Dice(100 + n)));
  }
  cluster.start_all();
  for (auto& client : clients) client->start();
  for (int i = 0; i < 6; ++i) {
    cluster.run_for(2s);
    const NodeId leader = cluster.leader();
    if (!leader) continue;
    cluster.crash(leader, i % 2 == 0);
    cluster.run_for(1s);
    cluster.start(leader);
  }
  for (auto& client : clients) client->stop();
  cluster.run_for(5s);
  EXPECT_TRUE(cluster.has_converged());
  EXPECT_GT(recorder.acknowledged(), 500u);
  for (const auto& [key, appends] : recorder.appends()) EXPECT_TRUE(appends.refused.empty()) << key;
}

}  // namespace
}  // namespace holdfast::sim
