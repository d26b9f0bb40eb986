// How long a cluster of three is without a leader: real processes on loopback. After kill -9 of the
// one it had, and after SIGSTOP, by which it falls silent as if its network were cut: nobody sees a
// connection close, and the others wait for their timeouts. From just before the signal to the
// first write that another node acknowledges; it is sent after the signal.
//
// usage: bench_failover [REPETITIONS]
#include <signal.h>

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

double measure(cli::LocalCluster& cluster, int signal) {
  const int leader = cluster.wait_for_leader();
  const int survivor = cluster.others(leader)[0];
  const auto limit = std::chrono::seconds(30);
  auto client =
      client::Connection::connect(cluster.servers().client_address(survivor), Clock::now() + limit);
  cli::expect(client.has_value(), "a connection", client ? "" : client.error());
  const auto begin = Clock::now();
  signal == SIGKILL ? cluster.servers().kill9(leader) : cluster.servers().signal(leader, signal);
  const auto reply = client->call({"SET", "k", "v"}, limit);
  const auto end = Clock::now();
  cli::expect(reply && !reply->is_error(), "an acknowledged write", "none");
  signal == SIGKILL ? cluster.servers().start(leader) : cluster.servers().signal(leader, SIGCONT);
  wait_until_caught_up(cluster);
  return Milliseconds(end - begin).count();
}

void report(cli::LocalCluster& cluster, const std::string& what, int signal, int repetitions) {
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) times.push_back(measure(cluster, signal));
  std::ranges::sort(times);
  std::cout << what << " of the leader, until a write is acknowledged: " << times.size()
            << " times, in ms: least " << times.front() << ", median " << times[times.size() / 2]
            << ", most " << times.back() << std::endl;
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
  report(cluster, "kill -9", SIGKILL, repetitions);
  report(cluster, "silence", SIGSTOP, repetitions);
  return 0;
}
