#include "sim/faults.hpp"

#include <algorithm>

#include "sim/rot.hpp"

namespace holdfast::sim {

namespace {

constexpr std::uint64_t kFault = std::uint64_t{14} << 56;  // of Events::at's `what`
constexpr Duration kFlapMax = std::chrono::milliseconds(400);
constexpr Duration kSlowest = std::chrono::milliseconds(1500);

bool is_of_a_link(FaultKind kind) {
  return kind == FaultKind::kOneWayCut || kind == FaultKind::kFlapping ||
         kind == FaultKind::kSlowLink || kind == FaultKind::kLinkReset;
}

bool is_of_the_cluster(FaultKind kind) {
  return kind == FaultKind::kAllDown || kind == FaultKind::kPartition ||
         kind == FaultKind::kBridge || kind == FaultKind::kStreamBreak;
}

// It is made good for all nodes: who was hit is not remembered.
bool ends_for_all(FaultKind kind) {
  return is_of_the_cluster(kind) || kind == FaultKind::kLeaderKill ||
         kind == FaultKind::kLeaderPause || kind == FaultKind::kIsolation ||
         kind == FaultKind::kBitRot || kind == FaultKind::kDataLost;
}

DiskSpeed slow(DiskSpeed speed) {
  speed.sync_min = std::chrono::milliseconds(50);
  speed.sync_max = std::chrono::milliseconds(1500);
  return speed;
}

}  // namespace

Faults::Faults(Cluster& cluster, const Plan& plan, std::uint64_t clients, Tally& tally)
    : cluster_(cluster),
      plan_(plan),
      clients_(clients),
      tally_(tally),
      members_(cluster, plan, tally) {}

void Faults::schedule() {
  for (const Fault& fault : plan_.faults) {
    const auto kind = static_cast<std::uint64_t>(fault.kind);
    cluster_.events().at(Events::kStart + fault.at, kFault | kind, [this, &fault] {
      if (!over_) begin(fault);
    });
    cluster_.events().at(Events::kStart + fault.at + fault.lasts, kFault | kind, [this, &fault] {
      if (!over_) end(fault);
    });
  }
}

NodeId Faults::node_of(const Fault& fault) const {
  return cluster_.nodes()[fault.draw % cluster_.nodes().size()];
}

// Whom it begins with: the leader of that moment, for some.
NodeId Faults::victim_of(const Fault& fault) const {
  const bool hits_leader = fault.kind == FaultKind::kLeaderKill ||
                           fault.kind == FaultKind::kLeaderPause ||
                           fault.kind == FaultKind::kHandOver ||
                           (fault.kind == FaultKind::kIsolation && (fault.draw >> 40) % 2 == 0);
  const NodeId leader = cluster_.leader();
  return hits_leader && leader ? leader : node_of(fault);
}

// Two different nodes, or twice the only one.
std::pair<NodeId, NodeId> Faults::link_of(const Fault& fault) const {
  const auto& nodes = cluster_.nodes();
  const std::size_t a = fault.draw % nodes.size();
  const std::size_t step = nodes.size() == 1 ? 0 : 1 + (fault.draw >> 32) % (nodes.size() - 1);
  return {nodes[a], nodes[(a + step) % nodes.size()]};
}

void Faults::say(const Fault& fault, NodeId node, bool begins) {
  std::string what(to_string(fault.kind));
  if (is_of_a_link(fault.kind)) {
    const auto [a, b] = link_of(fault);
    what += " n" + std::to_string(a.value()) + " n" + std::to_string(b.value());
    node = {};
  }
  if (is_of_the_cluster(fault.kind) || (!begins && ends_for_all(fault.kind))) node = {};
  cluster_.say(what + (begins ? "" : ": over"), node);
}

void Faults::begin(const Fault& fault) {
  Dice dice(fault.draw);
  const NodeId node = victim_of(fault);
  const auto [a, b] = link_of(fault);
  const Instant until = Events::kStart + fault.at + fault.lasts;
  tally_.add("fault: " + std::string(to_string(fault.kind)));
  say(fault, node, true);
  switch (fault.kind) {
    case FaultKind::kPowerLoss:
      return cluster_.crash(node, true);
    case FaultKind::kKill:
      return cluster_.crash(node, false);
    case FaultKind::kLeaderKill:
      return cluster_.crash(node, dice.chance(0.5));
    case FaultKind::kAllDown:
      for (const NodeId each : cluster_.nodes()) cluster_.crash(each, dice.chance(0.7));
      return;
    case FaultKind::kCrashLoop:
      return crash_loop(fault, node, until);
    case FaultKind::kPause:
    case FaultKind::kLeaderPause:
      return cluster_.pause(node);
    case FaultKind::kClockJump:
      return cluster_.process(node).jump_clock(fault.lasts);
    case FaultKind::kPartition:
      return partition(fault, dice);
    case FaultKind::kIsolation:
      return cluster_.partition({cluster_.others(node)});
    case FaultKind::kOneWayCut:
      return cluster_.network().cut(a, b);
    case FaultKind::kBridge:
      return bridge(dice);
    case FaultKind::kFlapping:
      return flap(a, b, until, false);
    case FaultKind::kSlowLink:
      return cluster_.network().slow_down(a, b, dice.mostly_low(Duration(1000), kSlowest));
    case FaultKind::kLinkReset:
      if (a != b) cluster_.network().reset_link(a, b);
      return;
    case FaultKind::kStreamBreak:
      return cluster_.streams().break_one();
    case FaultKind::kClientCut:
      return cut_clients(node);
    case FaultKind::kSlowDisk:
      return cluster_.process(node).set_disk_speed(slow(plan_.disk_speed));
    case FaultKind::kSyncError:
      return cluster_.process(node).disk().fail_next("fdatasync", storage::IoError::Kind::kIo);
    case FaultKind::kWriteError:
      return cluster_.process(node).disk().fail_next("write", storage::IoError::Kind::kIo);
    case FaultKind::kFullDisk:
      return cluster_.process(node).disk().set_space(0);
    case FaultKind::kBitRot:
      return rot(node, dice);
    case FaultKind::kHandOver:
      return cluster_.process(node).input(
          [](Program& program, Instant now) { program.hand_over(now); });
    case FaultKind::kSnapshotAsked:
    case FaultKind::kMemberAdded:
    case FaultKind::kLearnerAdded:
    case FaultKind::kMemberReplaced:
    case FaultKind::kMemberRemoved:
    case FaultKind::kLeaderRemoved:
    case FaultKind::kMemberPromoted:
    case FaultKind::kMemberMoved:
    case FaultKind::kDataLost:
      return members_.begin(fault);
  }
}

void Faults::end(const Fault& fault) {
  const NodeId node = node_of(fault);
  const auto [a, b] = link_of(fault);
  switch (fault.kind) {
    case FaultKind::kPowerLoss:
    case FaultKind::kKill:
    case FaultKind::kSyncError:
    case FaultKind::kWriteError:
    case FaultKind::kCrashLoop:
      cluster_.start(node);
      break;
    case FaultKind::kBitRot:
    case FaultKind::kDataLost:
      members_.repair(fault);
      [[fallthrough]];
    case FaultKind::kLeaderKill:
    case FaultKind::kAllDown:
      for (const NodeId each : cluster_.nodes()) cluster_.start(each);
      break;
    case FaultKind::kPause:
    case FaultKind::kLeaderPause:
      for (const NodeId each : cluster_.nodes()) cluster_.resume(each);
      break;
    case FaultKind::kPartition:
    case FaultKind::kIsolation:
    case FaultKind::kBridge:
      cluster_.network().heal();
      break;
    case FaultKind::kClientCut:
      cluster_.streams().heal();
      break;
    case FaultKind::kOneWayCut:
    case FaultKind::kFlapping:
      cluster_.network().heal_both(a, b);
      break;
    case FaultKind::kSlowLink:
      cluster_.network().slow_down(a, b, Duration(0));
      break;
    case FaultKind::kSlowDisk:
      cluster_.process(node).set_disk_speed(plan_.disk_speed);
      break;
    case FaultKind::kFullDisk:
      cluster_.process(node).disk().set_space(UINT64_MAX);
      break;
    case FaultKind::kClockJump:
    case FaultKind::kLinkReset:
    case FaultKind::kStreamBreak:
    case FaultKind::kHandOver:
    case FaultKind::kSnapshotAsked:
    case FaultKind::kMemberAdded:
    case FaultKind::kLearnerAdded:
    case FaultKind::kMemberReplaced:
    case FaultKind::kMemberRemoved:
    case FaultKind::kLeaderRemoved:
    case FaultKind::kMemberPromoted:
    case FaultKind::kMemberMoved:
      return;
  }
  say(fault, node, false);
}

// Dies again before it has done much: recovery must be able to begin anew.
void Faults::crash_loop(const Fault& fault, NodeId node, Instant until) {
  if (over_ || cluster_.now() >= until) return;
  Dice dice(fault.draw ^ static_cast<std::uint64_t>(cluster_.now().time_since_epoch().count()));
  cluster_.crash(node, dice.chance(0.7));
  cluster_.start_and_lose_power(node, dice.between(1, 40));
  cluster_.start(node);
  cluster_.events().after(dice.between(Duration(100), std::chrono::milliseconds(300)), kFault,
                          [this, &fault, node, until] { crash_loop(fault, node, until); });
}

void Faults::flap(NodeId a, NodeId b, Instant until, bool up) {
  if (over_ || cluster_.now() >= until || a == b) return;
  up ? cluster_.network().heal_both(a, b) : cluster_.network().cut_both(a, b);
  const auto time = static_cast<std::uint64_t>(cluster_.now().time_since_epoch().count());
  Dice dice(plan_.seed ^ time);
  cluster_.events().after(dice.between(Duration(1000), kFlapMax), kFault,
                          [this, a, b, until, up] { flap(a, b, until, !up); });
}

void Faults::partition(const Fault& fault, Dice& dice) {
  std::vector<NodeId> left, right;
  for (const NodeId node : cluster_.nodes()) {
    ((fault.draw >> node.value()) % 2 == 0 ? left : right).push_back(node);
  }
  cluster_.partition({left, right});
  if (dice.chance(0.3)) cut_clients(cluster_.leader());
}

// Two halves that see each other only through one node: it sees a quorum, they don't, or do.
void Faults::bridge(Dice& dice) {
  auto nodes = cluster_.nodes();
  dice.shuffle(nodes);
  const std::size_t half = (nodes.size() - 1) / 2;
  for (std::size_t i = 1; i <= half; ++i) {
    for (std::size_t j = half + 1; j < nodes.size(); ++j) {
      cluster_.network().cut_both(nodes[i], nodes[j]);
    }
  }
}

void Faults::cut_clients(NodeId node) {
  for (std::uint64_t client = 1; client <= clients_; ++client) cluster_.streams().cut(client, node);
}

void Faults::rot(NodeId node, Dice& dice) {
  if (!cluster_.has_data(node) || !cluster_.can_bear_loss_of(node)) return;
  cluster_.crash(node, dice.chance(0.5));
  const storage::Identity identity{Process::kCluster, node};
  const RotOutcome outcome = flip_a_bit(cluster_.process(node).disk(), identity, dice);
  if (outcome == RotOutcome::kHarmless) return tally_.add("rot: harmless");
  const bool is_refused = outcome == RotOutcome::kRefused;
  tally_.add(is_refused ? "rot: found, the node refuses to start"
                        : "rot: in the torn tail's place");
  if (is_refused) cluster_.start(node);
  cluster_.lose_data(node);
}

void Faults::make_good() {
  over_ = true;
  cluster_.heal();
  for (const NodeId a : cluster_.nodes()) {
    for (const NodeId b : cluster_.nodes()) cluster_.network().slow_down(a, b, Duration(0));
  }
  Weather calm;
  cluster_.network().set_weather(calm);
  cluster_.streams().set_weather({});
  for (const NodeId node : cluster_.nodes()) {
    cluster_.process(node).disk().clear_faults();
    cluster_.process(node).disk().set_space(UINT64_MAX);
    cluster_.process(node).set_disk_speed({});
    cluster_.resume(node);
    cluster_.start(node);
  }
  cluster_.say("everything is made good");
}

}  // namespace holdfast::sim
