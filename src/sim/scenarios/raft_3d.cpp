// MIT 6.5840's Raft suite, part D: snapshots, every ten entries.

#include "sim/scenarios/raft_suite.hpp"

namespace holdfast::sim {

namespace {

constexpr std::uint64_t kEvery = 10;
constexpr std::size_t kLogBytesMax = 2000;

enum class Absence : std::uint8_t { kNone, kCut, kDown };

void leave(RaftSuite& raft, NodeId server, Absence absence) {
  if (absence == Absence::kCut) raft.disconnect(server);
  if (absence == Absence::kDown) raft.crash(server);
}

void come_back(RaftSuite& raft, NodeId server, Absence absence) {
  if (absence == Absence::kDown) raft.restart(server);
  raft.connect(server);
}

std::uint64_t about_a_snapshots_commands(RaftSuite& raft) {
  return kEvery / 2 + raft.dice().below(kEvery);
}

// One server misses about as many commands as a snapshot stands for; every third time it is the
// leader.
void snapshot_round(RaftSuite& raft, int round, NodeId leader, Absence absence) {
  const bool is_leaders_turn = round % 3 == 1;
  const NodeId victim = is_leaders_turn ? leader : raft.after(leader);
  const NodeId sender = is_leaders_turn ? raft.after(leader) : leader;
  const std::size_t present = absence == Absence::kNone ? 3 : 2;
  if (absence != Absence::kNone) {
    leave(raft, victim, absence);
    raft.one(raft.any_command(), present, Retry::kYes);
  }
  for (std::uint64_t left = about_a_snapshots_commands(raft); left > 0; --left) {
    raft.start(sender, raft.any_command());
  }
  raft.one(raft.any_command(), present, Retry::kYes);
  raft.check_logs_below(kLogBytesMax);
  if (absence == Absence::kNone) return;
  come_back(raft, victim, absence);
  raft.one(raft.any_command(), 3, Retry::kYes);
}

void snapshots(RaftSuite& raft, Absence absence) {
  raft.one(raft.any_command(), 3, Retry::kYes);
  NodeId leader = raft.check_one_leader();
  for (int round = 0; round < 30; ++round) {
    snapshot_round(raft, round, leader, absence);
    if (absence != Absence::kNone) leader = raft.check_one_leader();
  }
  raft.require(absence == Absence::kNone || raft.snapshots_received() > 0,
               "no server needed a snapshot");
}

void snapshot_basic(RaftSuite& raft) {
  snapshots(raft, Absence::kNone);
}

void snapshot_install(RaftSuite& raft) {
  snapshots(raft, Absence::kCut);
}

void snapshot_install_unreliable(RaftSuite& raft) {
  raft.set_network(mit_unreliable());
  snapshots(raft, Absence::kCut);
}

void snapshot_install_crash(RaftSuite& raft) {
  snapshots(raft, Absence::kDown);
}

void snapshot_install_un_crash(RaftSuite& raft) {
  raft.set_network(mit_unreliable());
  snapshots(raft, Absence::kDown);
}

void restart_all(RaftSuite& raft) {
  for (const NodeId server : raft.servers()) raft.crash(server);
  for (const NodeId server : raft.servers()) raft.restart(server);
  raft.connect_all();
}

void snapshot_all_crash(RaftSuite& raft) {
  raft.one(raft.any_command(), 3, Retry::kYes);
  for (int round = 0; round < 5; ++round) {
    for (std::uint64_t left = about_a_snapshots_commands(raft); left > 0; --left) {
      raft.one(raft.any_command(), 3, Retry::kYes);
    }
    const std::uint64_t before = raft.one(raft.any_command(), 3, Retry::kYes);
    restart_all(raft);
    const std::uint64_t after = raft.one(raft.any_command(), 3, Retry::kYes);
    raft.require(after > before, "an index is given again after a restart");
  }
}

void snapshot_init(RaftSuite& raft) {
  for (std::uint64_t n = 0; n < kEvery + 2; ++n) raft.one(raft.any_command(), 3, Retry::kYes);
  for (int round = 0; round < 2; ++round) {
    restart_all(raft);
    raft.one(raft.any_command(), 3, Retry::kYes);
  }
}

}  // namespace

std::span<const Scenario> raft_3d() {
  static constexpr Scenario kScenarios[] = {
      {"SnapshotBasic", "raft", "servers snapshot every ten entries, and their logs stay short",
       on_servers<snapshot_basic, 3, kEvery>},
      {"SnapshotInstall", "raft", "a server that was cut off is brought up by a snapshot",
       on_servers<snapshot_install, 3, kEvery>},
      {"SnapshotInstallUnreliable", "raft", "the same on a network that loses messages",
       on_servers<snapshot_install_unreliable, 3, kEvery>},
      {"SnapshotInstallCrash", "raft", "a server that was down is brought up by a snapshot",
       on_servers<snapshot_install_crash, 3, kEvery>},
      {"SnapshotInstallUnCrash", "raft", "the same on a network that loses messages",
       on_servers<snapshot_install_un_crash, 3, kEvery>},
      {"SnapshotAllCrash", "raft", "all servers crash and start from their snapshots",
       on_servers<snapshot_all_crash, 3, kEvery>},
      {"SnapshotInit", "raft", "a snapshot outlives two restarts of all servers",
       on_servers<snapshot_init, 3, kEvery>},
  };
  return kScenarios;
}

}  // namespace holdfast::sim
