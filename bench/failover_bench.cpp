// How long a cluster of three is without a leader: real processes on loopback. After kill -9 of the
// one it had, and after SIGSTOP, by which it falls silent as if its network were cut: nobody sees a
// connection close, and the others wait for their timeouts. From just before the signal to the
// first write that another node acknowledges; it is sent after the signal.
//
// And what reads see of a follower that falls silent: the longest of those that one client makes
// one after the other, while each follower in turn is stopped. A leader asks one of them.
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

client::Connection connect(cli::LocalCluster& cluster, int node) {
  const auto limit = std::chrono::seconds(30);
  auto client =
      client::Connection::connect(cluster.servers().client_address(node), Clock::now() + limit);
  cli::expect(client.has_value(), "a connection", client ? "" : client.error());
  return std::move(*client);
}

double measure(cli::LocalCluster& cluster, int signal) {
  const int leader = cluster.wait_for_leader();
  const int survivor = cluster.others(leader)[0];
  auto client = connect(cluster, survivor);
  const auto begin = Clock::now();
  signal == SIGKILL ? cluster.servers().kill9(leader) : cluster.servers().signal(leader, signal);
  const auto reply = client.call({"SET", "k", "v"}, std::chrono::seconds(30));
  const auto end = Clock::now();
  cli::expect(reply && !reply->is_error(), "an acknowledged write", "none");
  signal == SIGKILL ? cluster.servers().start(leader) : cluster.servers().signal(leader, SIGCONT);
  wait_until_caught_up(cluster);
  return Milliseconds(end - begin).count();
}

// The longest of the reads in this time.
double read_for(client::Connection& client, std::chrono::milliseconds time) {
  double longest = 0;
  for (const auto end = Clock::now() + time; Clock::now() < end;) {
    const auto begin = Clock::now();
    const auto reply = client.call({"GET", "k"}, std::chrono::seconds(30));
    cli::expect(reply && !reply->is_error(), "a value", "none");
    longest = std::max(longest, Milliseconds(Clock::now() - begin).count());
  }
  return longest;
}

double measure_reads(cli::LocalCluster& cluster) {
  const int leader = cluster.wait_for_leader();
  auto client = connect(cluster, leader);
  double longest = 0;
  for (const int follower : cluster.others(leader)) {
    read_for(client, std::chrono::milliseconds(100));
    cluster.servers().signal(follower, SIGSTOP);
    longest = std::max(longest, read_for(client, std::chrono::milliseconds(150)));
    cluster.servers().signal(follower, SIGCONT);
  }
  return longest;
}

template <class Measure>
void report(const std::string& what, int repetitions, const Measure& measure) {
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) times.push_back(measure());
  std::ranges::sort(times);
  std::cout << what << ": " << times.size() << " times, in ms: least " << times.front()
            << ", median " << times[times.size() / 2] << ", most " << times.back() << std::endl;
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
  const std::string until = " of the leader, until a write is acknowledged";
  report("kill -9" + until, repetitions, [&] { return measure(cluster, SIGKILL); });
  report("silence" + until, repetitions, [&] { return measure(cluster, SIGSTOP); });
  report("silence of a follower, the longest read", repetitions,
         [&] { return measure_reads(cluster); });
  return 0;
}
