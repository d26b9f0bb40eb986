#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "replica/types.hpp"
#include "sim/clerk_client.hpp"
#include "sim/log_pipe.hpp"
#include "sim/network.hpp"
#include "sim/streams.hpp"
#include "sim/workload.hpp"

namespace holdfast::sim {

enum class FaultKind : std::uint8_t {
  kPowerLoss,   // a node and its machine; what was not synced goes
  kKill,        // a node: kill -9
  kLeaderKill,  // whoever leads
  kAllDown,     // every node at once, power or kill
  kCrashLoop,   // a node, again and again while it starts
  kPause,       // SIGSTOP, SIGCONT
  kLeaderPause,
  kClockJump,  // a node's clock goes ahead
  kPartition,  // two sides
  kIsolation,  // one node, perhaps the leader, alone
  kOneWayCut,  // of one direction between two nodes
  kBridge,     // two sides that both see one node
  kFlapping,   // a link that comes and goes
  kSlowLink,
  kLinkReset,    // connections between two nodes break
  kStreamBreak,  // a client's connection breaks
  kClientCut,    // clients from a node
  kSlowDisk,
  kSyncError,  // fdatasync fails: the node stops
  kWriteError,
  kFullDisk,
  kBitRot,    // while the node is down
  kHandOver,  // leadership is transferred
  // Of operators (MemberFaults):
  kSnapshotAsked,
  kMemberAdded,  // a node that is none
  kLearnerAdded,
  kMemberReplaced,
  kMemberRemoved,
  kLeaderRemoved,
  kMemberPromoted,
  kMemberMoved,
  kDataLost,  // a node goes down, and comes back without its data
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kDataLost) + 1;
std::string_view to_string(FaultKind kind);

struct Fault {
  FaultKind kind = FaultKind::kKill;
  Duration at{};           // after the start
  Duration lasts{};        // until it is made good again
  std::uint64_t draw = 0;  // decides whom it hits
};

// All that decides a run, drawn from one seed. A run is a function of its plan.
struct Plan {
  std::uint64_t seed = 1;
  std::size_t nodes = 3;                         // begin as the cluster
  std::size_t spares = 0;                        // wait to be added
  Duration duration = std::chrono::seconds(10);  // with clients and faults; then it heals

  Weather weather;
  StreamWeather stream_weather;
  DiskSpeed disk_speed;
  Duration turn_time = std::chrono::microseconds(50);
  std::int64_t skew_ppm_max = 0;

  replica::Config replica;  // without identity and seed
  std::size_t clerks = 3;
  std::size_t pipeliners = 2;
  Mix mix;
  Pace pace;

  std::vector<Fault> faults;  // by time

  // Each seed draws its own cluster, weather, workload and faults; some draw few kinds of faults
  // and many of each, so that rare meetings are found too.
  static Plan draw(std::uint64_t seed);
  // One line.
  std::string text() const;
};

}  // namespace holdfast::sim
