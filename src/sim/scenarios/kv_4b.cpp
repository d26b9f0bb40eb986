// MIT 6.5840's key/value suite, part B: servers take snapshots, and their logs stay short.

#include "sim/scenarios/kv_suite.hpp"

namespace holdfast::sim {

namespace {

constexpr std::string_view kPending = "needs snapshots";

constexpr Scenario pending(std::string_view name, std::string_view about) {
  return {.name = name, .suite = "kv", .about = about, .run = nullptr, .pending = kPending};
}

}  // namespace

std::span<const Scenario> kv_4b() {
  static constexpr Scenario kScenarios[] = {
      pending("SnapshotRPC4B", "a server that was away gets a snapshot"),
      pending("SnapshotSize4B", "log and snapshot stay small over four hundred puts"),
      pending("Speed4B", "a thousand appends, without waiting for heartbeats"),
      pending("SnapshotRecover4B", "one client, all servers stop and start"),
      pending("SnapshotRecoverManyClients4B", "twenty clients, all servers stop and start"),
      pending("SnapshotUnreliable4B", "five clients, unreliable network"),
      pending("SnapshotUnreliableRecover4B",
              "five clients, unreliable network, all servers stop and start"),
      pending("SnapshotUnreliableRecoverConcurrentPartition4B",
              "the same, and servers are parted at random"),
      pending("SnapshotUnreliableRecoverConcurrentPartitionLinearizable4B",
              "the same with fifteen clients, seven servers, random keys"),
  };
  return kScenarios;
}

}  // namespace holdfast::sim
