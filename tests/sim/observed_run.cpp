#include "sim/observed_run.hpp"

#include "sim/kv_cluster.hpp"

namespace holdfast::sim {

using namespace std::chrono_literals;

ClusterOptions ObservedRun::options(std::size_t nodes, Observer* observer, const Weather& weather) {
  ClusterOptions options = kv_cluster(nodes, 1);
  options.observer = observer;
  options.weather = weather;
  return options;
}

ObservedRun::ObservedRun(std::size_t nodes, std::size_t clients, Observer* observer,
                         const Weather& weather, Pace pace)
    : cluster_(options(nodes, observer, weather)), recorder_(cluster_) {
  for (std::uint64_t n = 1; n <= clients; ++n) {
    client::ClerkOptions clerk;
    clerk.seed = n;
    clients_.push_back(std::make_unique<ClerkClient>(cluster_, recorder_, Workload({}, n, Dice(n)),
                                                     n, clerk, pace, Dice(100 + n)));
  }
}

void ObservedRun::start() {
  cluster_.start_all();
  for (auto& client : clients_) client->start();
}

void ObservedRun::stop_clients() {
  for (auto& client : clients_) client->stop();
}

NodeId ObservedRun::await_leader() {
  cluster_.run_until([this] { return bool(cluster_.leader()); }, 10s);
  return cluster_.leader();
}

}  // namespace holdfast::sim
