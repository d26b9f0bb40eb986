#include "sim/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::sim {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

void draw_weather(Plan& plan, Dice& dice) {
  Weather& weather = plan.weather;
  const std::uint64_t distance = dice.below(4);
  if (distance == 1) weather.delay_max = milliseconds(10);
  if (distance == 2) weather.delay_min = milliseconds(5), weather.delay_max = milliseconds(40);
  if (distance == 3 && dice.chance(0.5)) weather = mit_unreliable();
  if (dice.chance(0.1)) weather = mit_long_reordering();
  if (dice.chance(0.5)) weather.loss = static_cast<double>(dice.between(1, 15)) / 100;
  if (dice.chance(0.4)) weather.duplication = static_cast<double>(dice.between(1, 20)) / 100;
  if (dice.chance(0.3)) weather.damage = 0.002;
  if (dice.chance(0.3)) weather.tear = 0.002;
  if (dice.chance(0.3)) weather.hold = 0.01;
  StreamWeather& streams = plan.stream_weather;
  if (dice.chance(0.3)) streams.delay_max = milliseconds(20);
  if (dice.chance(0.5)) streams.tear = 0.003;
  if (dice.chance(0.5)) streams.split = 0.5;
}

void draw_machines(Plan& plan, Dice& dice) {
  if (dice.chance(0.3)) plan.disk_speed.sync_max = milliseconds(20);
  if (dice.chance(0.2)) plan.disk_speed.stall = 0.002;
  if (dice.chance(0.5)) plan.turn_time = milliseconds(2);
  if (dice.chance(0.3)) plan.skew_ppm_max = 50'000;
  if (dice.chance(0.1)) plan.skew_ppm_max = 300'000;
}

void draw_replica(Plan& plan, Dice& dice) {
  replica::Config& config = plan.replica;
  config.request_timeout = seconds(3);
  config.member_timeout = seconds(2);
  if (dice.chance(0.3)) {
    config.raft.election_timeout_min = milliseconds(150);
    config.raft.election_timeout_max = milliseconds(300);
    config.raft.heartbeat_interval = milliseconds(30);
  }
  if (dice.chance(0.4)) {  // narrow windows: everything goes in small steps
    config.raft.append_entries_max = dice.between(1, 4);
    config.raft.append_bytes_max = 512;
    config.raft.window_messages = dice.between(1, 4);
    config.raft.window_bytes = 2048;
    config.raft.committed_bytes_max = 512;
    config.section_bytes_max = 256;
    config.window_bytes = 1024;
  }
  config.pending_bytes_max = dice.chance(0.2) ? 4096 : 1 << 20;
  if (dice.chance(0.3)) config.limits.session_ttl_ms = dice.between(500, 3000);
  if (dice.chance(0.2)) config.limits.sessions_max = 3;
}

// So small that most runs make many snapshots and send some.
void draw_snapshots(Plan& plan, Dice& dice) {
  replica::Config& config = plan.replica;
  if (dice.chance(0.1)) return;
  config.snapshot_log_bytes = dice.between(200, 20'000);
  config.raft.log_tail_bytes = dice.chance(0.5) ? 0 : dice.between(100, 5'000);
  config.snapshot_piece_bytes = dice.between(16, 2'000);
  config.snapshot_window_bytes = dice.between(16, 8'000);
  config.snapshot_chunk_bytes = dice.between(128, 2'000);
  config.snapshot_send_window_bytes = dice.between(32, 8'000);
  config.snapshot_retry_max = std::chrono::seconds(2);
  if (dice.chance(0.2)) config.snapshot_bytes_per_second = dice.between(10'000, 100'000);
}

// A lease trusts that clocks differ little in speed and don't jump.
void draw_read_mode(Plan& plan, Dice& dice) {
  if (!dice.chance(0.3)) return;
  plan.replica.raft.lease_reads = true;
  plan.skew_ppm_max = std::min<std::int64_t>(plan.skew_ppm_max, 45'000);
}

void draw_workload(Plan& plan, Dice& dice) {
  plan.clerks = dice.between(1, 5);
  plan.pipeliners = dice.between(0, 3);
  plan.mix.keys = static_cast<unsigned>(dice.between(1, 5));
  if (dice.chance(0.2)) plan.mix.padding = 300;
  if (dice.chance(0.3)) plan.mix.mset = plan.mix.mget = 0;
  plan.pace.think_max = dice.pick(std::vector<Duration>{milliseconds(20), milliseconds(100)});
  plan.pace.think_min = milliseconds(2);
}

Duration draw_length(FaultKind kind, Dice& dice) {
  switch (kind) {
    case FaultKind::kCrashLoop:
    case FaultKind::kFlapping:
      return dice.between(milliseconds(500), seconds(3));
    case FaultKind::kClockJump:
      return dice.mostly_low(milliseconds(10), seconds(20));
    case FaultKind::kPowerLoss:
    case FaultKind::kKill:
    case FaultKind::kAllDown:
    case FaultKind::kLeaderKill:
      return dice.mostly_low(milliseconds(1), seconds(3));
    default:
      return dice.mostly_low(milliseconds(20), seconds(4));
  }
}

void draw_faults(Plan& plan, Dice& dice) {
  if (dice.chance(0.05)) return;  // fair weather, too, must be right
  std::vector<FaultKind> kinds;
  const double share = dice.chance(0.5) ? 0.2 : 0.7;
  const bool has_operators = dice.chance(0.6);
  for (std::size_t number = 0; number < kFaultKinds; ++number) {
    const auto kind = static_cast<FaultKind>(number);
    if (kind > FaultKind::kSnapshotAsked && !has_operators) break;
    if (dice.chance(share)) kinds.push_back(kind);
  }
  if (has_operators) plan.spares = dice.between(0, 2);
  if (plan.replica.raft.lease_reads) std::erase(kinds, FaultKind::kClockJump);
  if (kinds.empty()) kinds.push_back(FaultKind::kLeaderKill);
  const std::uint64_t count = dice.between(1, 24);
  for (std::uint64_t i = 0; i < count; ++i) {
    Fault fault;
    fault.kind = dice.pick(kinds);
    fault.at = dice.between(milliseconds(200), plan.duration);
    fault.lasts = draw_length(fault.kind, dice);
    fault.draw = dice.seed();
    plan.faults.push_back(fault);
  }
  std::ranges::stable_sort(plan.faults, {}, &Fault::at);
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::kPowerLoss:
      return "power loss";
    case FaultKind::kKill:
      return "kill -9";
    case FaultKind::kLeaderKill:
      return "kill -9 of the leader";
    case FaultKind::kAllDown:
      return "all nodes down";
    case FaultKind::kCrashLoop:
      return "crashes while starting";
    case FaultKind::kPause:
      return "pause";
    case FaultKind::kLeaderPause:
      return "pause of the leader";
    case FaultKind::kClockJump:
      return "clock jump";
    case FaultKind::kPartition:
      return "partition";
    case FaultKind::kIsolation:
      return "isolated node";
    case FaultKind::kOneWayCut:
      return "one-way cut";
    case FaultKind::kBridge:
      return "partition with a bridge";
    case FaultKind::kFlapping:
      return "flapping link";
    case FaultKind::kSlowLink:
      return "slow link";
    case FaultKind::kLinkReset:
      return "peer connection reset";
    case FaultKind::kStreamBreak:
      return "client connection broken";
    case FaultKind::kClientCut:
      return "clients cut from a node";
    case FaultKind::kSlowDisk:
      return "slow disk";
    case FaultKind::kSyncError:
      return "failed sync";
    case FaultKind::kWriteError:
      return "failed write";
    case FaultKind::kFullDisk:
      return "full disk";
    case FaultKind::kBitRot:
      return "bit rot";
    case FaultKind::kHandOver:
      return "leadership handed over";
    case FaultKind::kSnapshotAsked:
      return "snapshot asked for";
    case FaultKind::kMemberAdded:
      return "node added";
    case FaultKind::kLearnerAdded:
      return "learner added";
    case FaultKind::kMemberReplaced:
      return "member replaced";
    case FaultKind::kMemberRemoved:
      return "member removed";
    case FaultKind::kLeaderRemoved:
      return "leader removed";
    case FaultKind::kMemberPromoted:
      return "learner promoted";
    case FaultKind::kMemberMoved:
      return "member moved";
    case FaultKind::kDataLost:
      return "data lost";
  }
  return {};
}

Plan Plan::draw(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan;
  plan.seed = seed;
  plan.nodes = dice.pick(std::vector<std::size_t>{1, 2, 3, 3, 3, 3, 4, 5, 5, 5, 6, 7});
  plan.duration = dice.between(seconds(4), seconds(12));
  Dice weather = dice.fork(), machines = dice.fork(), config = dice.fork();
  Dice workload = dice.fork(), faults = dice.fork();
  draw_weather(plan, weather);
  draw_machines(plan, machines);
  draw_replica(plan, config);
  draw_snapshots(plan, config);
  draw_read_mode(plan, config);
  draw_workload(plan, workload);
  draw_faults(plan, faults);
  return plan;
}

std::string Plan::text() const {
  return fmt::format(
      "{} nodes and {} spare, {} clerks, {} pipelines, {} faults in {} ms, delays {} to {} us, "
      "loss {:.2f}",
      nodes, spares, clerks, pipeliners, faults.size(), duration.count() / 1000,
      weather.delay_min.count(), weather.delay_max.count(), weather.loss);
}

}  // namespace holdfast::sim
