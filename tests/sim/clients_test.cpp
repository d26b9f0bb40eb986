#include <gtest/gtest.h>

#include "sim/clerk_client.hpp"
#include "sim/kv_cluster.hpp"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

TEST(Clients, LeaderCrashesAgainAndAgain_HistoryIsLinearizable) {
  Cluster cluster(kv_cluster(3, 1));
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
