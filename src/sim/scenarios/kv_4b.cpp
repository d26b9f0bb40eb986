// MIT 6.5840's key/value suite, part B: servers take snapshots, and their logs stay short.

#include "sim/scenarios/kv_generic.hpp"

namespace holdfast::sim {

namespace {

constexpr std::size_t kMaxRaftState = 1000;
constexpr std::size_t kSnapshotBytesMax = 500;

void snapshot_rpc(ScenarioRun& run) {
  constexpr int kPuts = 50;
  KvSuite kv(run, {.servers = 3, .max_raft_state = kMaxRaftState});
  const NodeId present(1), changed(2), away(3);
  const auto clerk = kv.clerk();
  kv.put(*clerk, "a", "A");
  kv.expect(*clerk, "a", "A");

  kv.partition({{present, changed}, {away}});
  const auto without_it = kv.clerk_to({present, changed});
  for (int n = 0; n < kPuts; ++n) kv.put(*without_it, std::to_string(n), std::to_string(n));
  kv.sleep(KvSuite::kElection);
  kv.put(*without_it, "b", "B");
  kv.check_raft_state();

  // Nothing goes on without the one that lags.
  kv.partition({{present, away}, {changed}});
  const auto with_it = kv.clerk_to({present, away});
  kv.put(*with_it, "c", "C");
  kv.put(*with_it, "d", "D");
  for (const auto& [key, value] : {std::pair("a", "A"), {"b", "B"}, {"1", "1"}, {"49", "49"}}) {
    kv.expect(*with_it, key, value);
  }
  kv.require(kv.snapshots_received() > 0, "no server needed a snapshot");

  kv.connect_all();
  kv.put(*clerk, "e", "E");
  for (const auto& [key, value] : {std::pair("c", "C"), {"e", "E"}, {"1", "1"}}) {
    kv.expect(*clerk, key, value);
  }
  kv.end();
}

void snapshot_size(ScenarioRun& run) {
  KvSuite kv(run, {.servers = 3, .max_raft_state = kMaxRaftState});
  const auto clerk = kv.clerk();
  for (int n = 0; n < 200; ++n) {
    for (const char* value : {"0", "1"}) {
      kv.put(*clerk, "x", value);
      kv.expect(*clerk, "x", value);
    }
  }
  kv.check_raft_state();
  kv.check_snapshots_below(kSnapshotBytesMax + 1);
  kv.end();
}

template <std::size_t kClients, bool kUnreliable, bool kCrash>
void generic(ScenarioRun& run) {
  run_generic_test(run, {.clients = kClients,
                         .unreliable = kUnreliable,
                         .crash = kCrash,
                         .max_raft_state = kMaxRaftState});
}

void with_partitions(ScenarioRun& run) {
  run_generic_test(run, {.clients = 5,
                         .unreliable = true,
                         .crash = true,
                         .partitions = true,
                         .max_raft_state = kMaxRaftState});
}

void with_random_keys(ScenarioRun& run) {
  run_generic_test(run, {.clients = 15,
                         .servers = 7,
                         .unreliable = true,
                         .crash = true,
                         .partitions = true,
                         .random_keys = true,
                         .max_raft_state = kMaxRaftState});
}

}  // namespace

std::span<const Scenario> kv_4b() {
  static constexpr Scenario kScenarios[] = {
      {"SnapshotRPC4B", "kv", "a server that was away gets a snapshot", snapshot_rpc},
      {"SnapshotSize4B", "kv", "log and snapshot stay small over four hundred puts", snapshot_size},
      {"Speed4B", "kv", "a thousand appends, without waiting for heartbeats",
       [](ScenarioRun& run) { run_speed_test(run, kMaxRaftState); }},
      {"SnapshotRecover4B", "kv", "one client, all servers stop and start",
       generic<1, false, true>},
      {"SnapshotRecoverManyClients4B", "kv", "twenty clients, all servers stop and start",
       generic<20, false, true>},
      {"SnapshotUnreliable4B", "kv", "five clients, unreliable network", generic<5, true, false>},
      {"SnapshotUnreliableRecover4B", "kv",
       "five clients, unreliable network, all servers stop and start", generic<5, true, true>},
      {"SnapshotUnreliableRecoverConcurrentPartition4B", "kv",
       "the same, and servers are parted at random", with_partitions},
      {"SnapshotUnreliableRecoverConcurrentPartitionLinearizable4B", "kv",
       "the same with fifteen clients, seven servers, random keys", with_random_keys},
  };
  return kScenarios;
}

}  // namespace holdfast::sim
