// How much logs and snapshots take.

#include <algorithm>

#include "sim/scenarios/kv_suite.hpp"

namespace holdfast::sim {

namespace {

constexpr std::size_t kRaftStatesMax = 8;  // of what a log may take before a snapshot is due

}  // namespace

void KvSuite::check_raft_state() {
  if (!max_raft_state_) return check_snapshots_below(1);
  std::size_t bytes = 0;
  const auto is_short = [&] {
    bytes = 0;
    for (const NodeId server : servers()) {
      bytes = std::max(bytes, cluster_.process(server).program()->core().log().bytes());
    }
    return bytes <= kRaftStatesMax * *max_raft_state_;
  };
  const bool is_soon = within(kElection, is_short);
  log_bytes_max_ = std::max(log_bytes_max_, bytes);
  require(is_soon, "a log takes " + std::to_string(bytes) + " bytes");
}

// Of the largest of its snapshots.
std::size_t KvSuite::snapshot_bytes(NodeId server) {
  const VirtualDisk& disk = cluster_.process(server).disk();
  std::size_t bytes = 0;
  for (const std::string& path : disk.paths()) {
    if (path.ends_with(".snap")) bytes = std::max(bytes, disk.contents(path).size());
  }
  return bytes;
}

void KvSuite::check_snapshots_below(std::size_t bytes) {
  for (const NodeId server : servers()) {
    const std::size_t found = snapshot_bytes(server);
    require(found < bytes, "a snapshot takes " + std::to_string(found) + " bytes");
  }
}

std::uint64_t KvSuite::snapshots_received() const {
  const Tally tally = cluster_.tally();
  const auto found = tally.counts().find("trace: installs a snapshot of entry ");
  return found == tally.counts().end() ? 0 : found->second;
}

}  // namespace holdfast::sim
