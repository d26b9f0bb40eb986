#include "replica/replica.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/overload.hpp"
#include "base/planted.hpp"
#include "replica/state.hpp"

namespace holdfast::replica {

namespace {

kv::Limits limits_of(const Config& config, Index restored) {
  kv::Limits limits = config.limits;
  if (planted(Bug::kSessionLostAtRestart) && restored) limits.session_ttl_ms = 0;
  if (planted(Bug::kSessionLimitsDiffer)) limits.session_ttl_ms /= config.raft.id.value();
  return limits;
}

kv::StateMachine first_state(Kept& kept, kv::Limits limits) {
  return kept.state ? std::move(*kept.state) : kv::StateMachine(limits);
}

}  // namespace

Replica::State::State(Config c, raft::Restored restored, Kept kept, std::uint64_t nonce,
                      Instant start)
    : config(std::move(c)),
      core(config.raft, std::move(restored), start),
      machine(first_state(kept, limits_of(config, core.log().last_index()))),
      writes(config.raft.id, nonce, config),
      reads(nonce, config),
      members(config),
      maker(nonce, config),
      sender(config),
      newest_snapshot(kept.snapshot),
      now(start) {
  CHECK(machine.applied_index() == core.snapshot().index);
}

Replica::Replica(Config config, raft::Restored restored, std::uint64_t nonce, Instant now,
                 Kept kept)
    : state_(std::make_unique<State>(std::move(config), std::move(restored), std::move(kept), nonce,
                                     now)) {}

Replica::~Replica() = default;

void Replica::submit_write(Instant now, RequestKey key, kv::Args args) {
  state_->now = now;
  // Also where another node leads: this one could not see what became of the write.
  std::optional<kv::Reply> refusal;
  if (state_->stalled) {
    refusal = state_->disk_is_full("it takes no writes until there is room");
  } else {
    refusal = state_->writes.add(now, key, args);
  }
  if (refusal) state_->output.completions.push_back({key, std::move(*refusal)});
}

void Replica::submit_read(Instant now, RequestKey key, kv::Args args, Duration max_stale) {
  state_->now = now;
  if (auto refusal = state_->reads.add(now, key, args, max_stale)) {
    state_->output.completions.push_back({key, std::move(*refusal)});
  }
}

void Replica::forget_client(std::uint64_t client) {
  state_->writes.forget_client(client);
  state_->reads.forget_client(client);
  state_->members.forget_client(client);
}

void Replica::receive(Instant now, NodeId from, wire::PeerMessage message) {
  state_->now = now;
  std::visit(Overload{
                 [&](raft::Message& m) {
                   state_->core.receive(now, {from, state_->core.id(), std::move(m)});
                 },
                 [&](wire::Forward& m) { state_->receive_forward(from, m); },
                 [&](wire::SnapshotChunk& m) { state_->receive_chunk(from, m); },
                 [&](wire::SnapshotAck& m) { state_->receive_ack(from, m); },
             },
             message);
}

void Replica::link_reset(Instant now, NodeId peer) {
  state_->now = now;
  state_->core.link_reset(peer);
  state_->sender.link_reset(peer);
  if (peer == state_->core.leader()) state_->writes.send_again();
}

void Replica::peer_lost(Instant now, NodeId peer) {
  state_->now = now;
  state_->core.peer_lost(now, peer);
}

void Replica::submit_member(Instant now, RequestKey key, MemberRequest request) {
  state_->now = now;
  state_->members.add(now, key, std::move(request));
}

void Replica::persisted(Instant now, Ticket ticket) {
  state_->now = now;
  state_->core.persisted(now, ticket);
  state_->entry_times.durable(state_->core.durable_index(), now);
}

void Replica::set_storage_stalled(bool stalled) {
  state_->stalled = stalled;
}

bool Replica::transfer_leadership(Instant now, NodeId target) {
  state_->now = now;
  return state_->core.transfer(now, target);
}

void Replica::tick(Instant now) {
  state_->now = now;
  state_->core.tick(now);
  state_->writes.tick(now, state_->core.is_leader());
  state_->reads.tick(now);
}

void Replica::set_unix_time(Instant now, std::uint64_t unix_ms) {
  state_->now = now;
  if (auto told = state_->clock.tell(now, unix_ms)) {
    state_->output.warnings.push_back(std::move(*told));
  }
}

Instant Replica::tick_due() const {
  const State& s = *state_;
  return std::min({s.core.tick_due(), s.writes.next_deadline(), s.reads.next_deadline()});
}

Instant Replica::next_deadline() const {
  State& s = *state_;
  return std::min({tick_due(), s.core.next_deadline(), s.expiry_deadline(), s.gathering_deadline(),
                   s.members.next_deadline(), s.maker.next_deadline(), s.sender.next_deadline()});
}

bool Replica::is_behind() const {
  return state_->core.commit_index() > state_->machine.applied_index();
}

Output Replica::take_urgent(Instant now) {
  State& s = *state_;
  s.now = now;
  s.notice_leader();
  s.send_writes();
  s.take_effects();
  Output urgent;
  urgent.persist = std::exchange(s.output.persist, {});
  urgent.messages = std::exchange(s.output.messages, {});
  return urgent;
}

Output Replica::take_output(Instant now) {
  State& s = *state_;
  s.now = now;
  s.notice_leader();
  s.hand_over_if_stalled();
  s.members.step(now, s.core);
  s.send_writes();
  s.ask_reads();
  s.run_core();
  // What was applied may have opened an epoch or freed the window: that goes out in this turn too,
  // by a leader who may have become it just now.
  s.notice_leader();
  s.send_writes();
  s.run_core();
  s.reads.answer(s.machine);
  s.refuse_reads_if_stalled();
  s.maker.step(now, s.core, s.machine, s.output.snapshot_jobs);
  s.sender.step(now, s.core, s.newest_snapshot, s.output);
  s.members.step(now, s.core);
  s.notice_membership();
  s.gather_completions();
  s.output.removed = s.core.is_removed();
  s.output.fault = s.core.fault();
  return std::exchange(s.output, {});
}

// Under a new leader nothing is known of what the old one did with our writes.
void Replica::State::notice_leader() {
  if (core.term() == leader_term && core.leader() == leader) return;
  leader_term = core.term();
  leader = core.leader();
  clock.follow();
  if (!leader) return;
  writes.send_again();
  if (core.is_leader()) {
    clock.lead(now, machine.cluster_time_ms());
    time_proposed = Index();
    entry_times.clear();
  }
}

void Replica::State::notice_membership() {
  // A truncation may bring back an earlier one, or put another one in the same place.
  if (membership_told == core.membership()) return;
  output.membership = membership_told = core.membership();
}

void Replica::State::gather_completions() {
  const auto gather = [this](std::vector<Completion> completions) {
    std::ranges::move(completions, std::back_inserter(output.completions));
  };
  gather(writes.take_completions());
  gather(reads.take_completions());
  gather(members.take_completions());
  gather(maker.take_completions());
}

void Replica::State::run_core() {
  take_effects();
  for (const raft::Committed& entry : std::exchange(committed, {})) apply(entry);
}

void Replica::State::take_effects() {
  raft::Effects effects = core.take_effects(now);
  std::ranges::move(effects.persist, std::back_inserter(output.persist));
  for (raft::Envelope& envelope : effects.messages) {
    auto* answer = std::get_if<raft::ReadIndexResponse>(&envelope.message);
    if (answer != nullptr && core.is_leader()) answer->time_ms = cluster_time_ms();
    output.messages.push_back({envelope.to, std::move(envelope.message)});
  }
  std::ranges::move(effects.committed, std::back_inserter(committed));
  for (raft::ReadGranted& grant : effects.reads_granted) {
    if (core.is_leader()) grant.time_ms = cluster_time_ms();
    reads.granted(now, grant);
  }
  for (const std::uint64_t token : effects.reads_refused) reads.refused(token);
  std::ranges::move(effects.trace, std::back_inserter(output.trace));
  for (std::vector<raft::Entry>& entries : effects.dropped) {
    output.snapshot_jobs.emplace_back(job::Free{std::move(entries)});
  }
}

void Replica::State::apply(const raft::Committed& next) {
  const bool is_command = next.entry.kind == raft::EntryKind::kCommand;
  durable_at = entry_times.durable_at(next.index);
  const std::uint64_t expired_before = machine.expired_count();
  const bool is_live = writes.has_opened();  // what the log is replayed for, was counted before
  machine.apply(next.index, is_command ? next.entry.payload.view() : "", *this);
  if (is_live) keys_expired += machine.expired_count() - expired_before;
  note_time(next.entry.term);
  if (auto dropped = machine.take_dropped()) {
    output.snapshot_jobs.emplace_back(job::Free{std::move(*dropped)});
  }
  maker.applied(raft::Log::cost(next.entry));
}

// What others stamped they tell of themselves.
void Replica::State::note_time(Term term) {
  constexpr std::uint64_t kToldMs = 60'000;
  const auto leap = clock.applied(now, machine.cluster_time_ms(), writes.has_opened());
  if (leap < kToldMs || !core.is_leader() || term != core.term()) return;
  output.warnings.push_back("the cluster's time, by which keys expire, goes " +
                            std::to_string(leap / 1000) +
                            " s forth to this node's wall clock: either no node led for so long, "
                            "or that clock is fast");
}

bool Replica::is_free() const {
  const State& s = *state_;
  const std::size_t requests = s.writes.size() + s.reads.size();
  return s.core.is_leader() ? requests <= 1 && !s.is_awaited : requests == 0;
}

const raft::Core& Replica::core() const {
  return state_->core;
}

std::uint64_t Replica::digest() {
  return state_->machine.digest();
}

}  // namespace holdfast::replica
