#pragma once

#include <memory>
#include <vector>

#include "sim/clerk_client.hpp"
#include "sim/kv_server.hpp"

namespace holdfast::sim {

// A cluster of servers with a few clients, for tests of those who watch.
class ObservedRun {
 public:
  ObservedRun(std::size_t nodes, std::size_t clients, Observer* observer,
              const Weather& weather = {}, Pace pace = {});

  Cluster& cluster() { return cluster_; }
  Recorder& recorder() { return recorder_; }
  void start();
  void stop_clients();
  // Until somebody leads; zero if nobody does within 10 s.
  NodeId await_leader();

 private:
  static ClusterOptions options(std::size_t nodes, Observer* observer, const Weather& weather);

  Cluster cluster_;
  Recorder recorder_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace holdfast::sim
