// MIT 6.5840's Raft suite, part D: snapshots.

#include "sim/scenarios/raft_suite.hpp"

namespace holdfast::sim {

std::span<const Scenario> raft_3d() {
  static constexpr std::string_view kPending = "needs snapshots";
  static constexpr Scenario kScenarios[] = {
      {"SnapshotBasic", "raft", "servers snapshot every ten entries, and their logs stay short",
       nullptr, kPending},
      {"SnapshotInstall", "raft", "a server that was cut off is brought up by a snapshot", nullptr,
       kPending},
      {"SnapshotInstallUnreliable", "raft", "the same on a network that loses messages", nullptr,
       kPending},
      {"SnapshotInstallCrash", "raft", "a server that was down is brought up by a snapshot",
       nullptr, kPending},
      {"SnapshotInstallUnCrash", "raft", "the same on a network that loses messages", nullptr,
       kPending},
      {"SnapshotAllCrash", "raft", "all servers crash and start from their snapshots", nullptr,
       kPending},
      {"SnapshotInit", "raft", "a snapshot outlives two restarts of all servers", nullptr,
       kPending},
  };
  return kScenarios;
}

}  // namespace holdfast::sim
