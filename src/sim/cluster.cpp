#include "sim/cluster.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::sim {

namespace {

// Streams for whatever draws in parallel: a draw in one changes nothing in another.
enum class Use : std::uint64_t { kNetwork = 1, kStreams, kProcess };

Dice dice_for(std::uint64_t seed, Use use, std::uint64_t number = 0) {
  Dice dice(seed ^ (static_cast<std::uint64_t>(use) << 32) ^ number);
  return dice.fork();
}

Clock draw_clock(Dice dice, std::int64_t skew_ppm_max) {
  const auto range = static_cast<std::uint64_t>(2 * skew_ppm_max + 1);
  const auto skew = static_cast<std::int64_t>(dice.below(range)) - skew_ppm_max;
  return Clock(Events::kStart, dice.between(Duration(0), std::chrono::hours(1)), skew);
}

}  // namespace

Cluster::Cluster(ClusterOptions options)
    : options_(std::move(options)),
      network_(events_, dice_for(options_.seed, Use::kNetwork), *this),
      streams_(events_, dice_for(options_.seed, Use::kStreams), *this) {
  network_.set_weather(options_.weather);
  network_.set_observer(options_.observer);
  streams_.set_weather(options_.stream_weather);
  monitor_.set_pending_bytes_max(options_.pending_bytes_max);
  for (std::uint64_t number = 1; number <= options_.nodes; ++number) {
    const NodeId id(number);
    Dice dice = dice_for(options_.seed, Use::kProcess, number);
    const Clock clock = draw_clock(dice.fork(), options_.skew_ppm_max);
    nodes_.push_back(id);
    const raft::Membership& first = options_.first_membership;
    if (!first.members.empty() && !first.contains(id)) without_data_.insert(id);
    Process::Host& host = *this;
    Process& made = *processes_
                         .emplace(id, std::make_unique<Process>(events_, dice.fork(), id, clock,
                                                                options_.limits, host))
                         .first->second;
    made.set_disk_speed(options_.disk_speed);
    made.set_turn_time(options_.turn_time);
  }
}

Cluster::~Cluster() = default;

void Cluster::start_all() {
  for (const NodeId id : nodes_) start(id);
}

bool Cluster::run_until(const std::function<bool()>& condition, Duration at_most) {
  const Instant end = now() + at_most;
  while (!condition()) {
    if (events_.next_at() > end) {
      events_.run_until(end);
      return condition();
    }
    step();
  }
  return true;
}

void Cluster::crash(NodeId id, bool power_lost) {
  Process& victim = process(id);
  if (!victim.is_running()) return;
  victim.crash(power_lost);
  if (!power_lost) say_process_ended(id);
  streams_.node_died(id, !power_lost);
  reset_links(id);
  see(id);
}

// Nobody says it of a machine that has lost power.
void Cluster::say_process_ended(NodeId id) {
  for (const NodeId other : others(id)) network_.process_ended(id, other);
}

void Cluster::start(NodeId id) {
  if (!has_data(id)) return;
  process(id).start(options_.first_membership);
  reset_links(id);
  see(id);
}

void Cluster::start_and_lose_power(NodeId id, std::uint64_t operation) {
  if (!has_data(id)) return;
  process(id).disk().power_off_at(operation);
  process(id).start(options_.first_membership);
  process(id).crash(true);
}

std::vector<NodeId> Cluster::others(NodeId id) const {
  std::vector<NodeId> others = nodes_;
  std::erase(others, id);
  return others;
}

void Cluster::reset_links(NodeId id) {
  for (const NodeId other : nodes_) {
    if (other != id) network_.reset_link(id, other);
  }
}

void Cluster::partition(const std::vector<std::vector<NodeId>>& groups) {
  const auto group_of = [&](NodeId id) {
    return std::ranges::find_if(
        groups, [&](const auto& group) { return std::ranges::find(group, id) != group.end(); });
  };
  for (const NodeId a : nodes_) {
    for (const NodeId b : nodes_) {
      if (a == b) continue;
      const auto group = group_of(a);
      if (group == groups.end() || group != group_of(b)) network_.cut(a, b);
    }
  }
}

void Cluster::heal() {
  network_.heal();
  streams_.heal();
}

NodeId Cluster::leader() const {
  NodeId leader;
  Term newest;
  for (const auto& [id, process] : processes_) {
    if (!process->is_running()) continue;
    const raft::Core& core = process->program()->core();
    if (!core.is_leader() || core.term() < newest) continue;
    newest = core.term();
    leader = id;
  }
  return leader;
}

void Cluster::say(const std::string& what, NodeId node) {
  if (options_.observer != nullptr) options_.observer->fault(now(), what, node);
}

void Cluster::see(NodeId id) {
  if (options_.observer == nullptr) return;
  const SeenNode node = process(id).look();
  SeenNode& last = seen_[id];
  if (last == node) return;
  last = node;
  options_.observer->node(now(), node);
}

Tally Cluster::tally() const {
  Tally tally = tally_;
  const Network::Counts& counts = network_.counts();
  tally.add("network: frames", counts.requests + counts.replies);
  tally.add("network: frames lost", counts.lost);
  tally.add("network: frames duplicated", counts.duplicated);
  tally.add("network: frames damaged", counts.damaged);
  tally.add("network: frames torn", counts.torn);
  tally.add("network: frames held", counts.held);
  tally.add("network: frames cut off", counts.cut);
  tally.add("network: client connections broken", streams_.broken());
  tally.add("entries committed", monitor_.committed().value());
  tally.add("terms with a leader", monitor_.terms_with_leader());
  return tally;
}

std::unique_ptr<Program> Cluster::make_program(NodeId id, raft::Restored restored,
                                               replica::Kept kept, Instant now) {
  return options_.make_program(id, std::move(restored), std::move(kept), ++last_nonce_, streams_,
                               now);
}

std::optional<raft::SnapshotMeta> Cluster::snapshot_beside(NodeId id) {
  return options_.snapshot_beside ? options_.snapshot_beside(id) : std::nullopt;
}

void Cluster::booted(Process& process, const raft::Restored& restored,
                     const std::vector<std::string>& notes) {
  monitor_.booted(process, restored);
  tally_.add(restored.entries.empty() ? "start: empty log" : "start: restored log");
  for (const std::string& note : notes) tally_.add_line("start: " + note);
}

void Cluster::turn_ended(Process& process, const replica::Output& output) {
  const NodeId id = process.id();
  for (const std::string& line : output.trace) {
    tally_.add_line("trace: " + line);
    if (options_.observer != nullptr) options_.observer->trace(now(), id, line);
  }
  see(id);
  monitor_.turn_ended(process, output);
  note_membership(process, output);
  for (const replica::Outgoing& outgoing : output.messages) {
    network_.send(id, outgoing.to, outgoing.message);
  }
  for (const replica::Completion& done : output.completions) {
    if (answer_listener_) answer_listener_(id, done);
  }
  if (output.removed && process.is_running()) stop_removed(process);
}

void Cluster::made_durable(Process& process, const std::vector<raft::Persist>& batches) {
  monitor_.made_durable(process, batches);
}

void Cluster::stopped(Process& process, const std::string& reason) {
  stops_.emplace_back(process.id(), reason);
  tally_.add(process.health() == Health::kRefused ? "stop: log refused" : "stop: disk failed");
  say("stopped: " + reason, process.id());
  say_process_ended(process.id());
  streams_.node_died(process.id(), true);
  reset_links(process.id());
  see(process.id());
}

void Cluster::frame_refused(Process& process, NodeId from) {
  tally_.add("network: damaged frames refused");
  network_.reset_link(process.id(), from);
}

void Cluster::frame_arrived(NodeId to, NodeId from, std::string_view bytes) {
  process(to).frame_arrived(from, bytes);
}

void Cluster::link_was_reset(NodeId a, NodeId b) {
  process(a).link_was_reset(b);
  process(b).link_was_reset(a);
}

void Cluster::peer_was_lost(NodeId node, NodeId peer) {
  process(node).input([peer](Program& program, Instant now) { program.peer_lost(now, peer); });
}

bool Cluster::stream_accepted(NodeId node, StreamId id) {
  return process(node).stream_accepted(id);
}

void Cluster::stream_received(NodeId node, StreamId id, std::string_view bytes) {
  process(node).stream_received(id, bytes);
}

void Cluster::stream_closed(NodeId node, StreamId id) {
  process(node).stream_closed(id);
}

}  // namespace holdfast::sim
