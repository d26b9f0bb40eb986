// How long a cluster of three is without a leader after kill -9 of the one it had: real processes
// on loopback. From just before the signal to the first write that a surviving node acknowledges;
// the write is sent when the process is gone.
//
// usage: bench_failover [REPETITIONS]
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "cli/local_cluster.hpp"
#include "client/connection.hpp"

namespace {

using namespace holdfast;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

void wait_until_caught_up(cli::LocalCluster& cluster) {
  cluster.wait_for_leader();
  cluster.wait_until_equal();
}

double measure(cli::LocalCluster& cluster) {
  const int leader = cluster.wait_for_leader();
  const int survivor = cluster.others(leader)[0];
  const auto limit = std::chrono::seconds(30);
  auto client =
      client::Connection::connect(cluster.servers().client_address(survivor), Clock::now() + limit);
  cli::expect(client.has_value(), "a connection", client ? "" : client.error());
  const auto begin = Clock::now();
  cluster.servers().kill9(leader);
  const auto reply = client->call({"SET", "k", "v"}, limit);
  const auto end = Clock::now();
  cli::expect(reply && !reply->is_error(), "an acknowledged write", "none");
  cluster.servers().start(leader);
  wait_until_caught_up(cluster);
  return Milliseconds(end - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 20;
  if (repetitions < 1) {
    std::cerr << "usage: bench_failover [REPETITIONS]\n";
    return 2;
  }
  cli::LocalCluster cluster(3, {}, HOLDFAST_BINARY);
  cluster.start();
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) times.push_back(measure(cluster));
  std::ranges::sort(times);
  std::cout << "kill -9 of the leader, until a write is acknowledged: " << times.size()
            << " times, in ms: least " << times.front() << ", median " << times[times.size() / 2]
            << ", most " << times.back() << std::endl;
  return 0;
}
