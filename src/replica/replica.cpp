#include "replica/replica.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/overload.hpp"
#include "base/planted.hpp"
#include "replica/read_queue.hpp"
#include "replica/write_queue.hpp"

namespace holdfast::replica {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kPreCandidate:
      return "pre-candidate";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  std::unreachable();
}

namespace {

kv::Limits limits_of(const Config& config, Index restored) {
  kv::Limits limits = config.limits;
  if (planted(Bug::kSessionLostAtRestart) && restored) limits.session_ttl_ms = 0;
  if (planted(Bug::kSessionLimitsDiffer)) limits.session_ttl_ms /= config.raft.id.value();
  return limits;
}

}  // namespace

struct Replica::State final : kv::ApplyListener {
  State(Config c, raft::Restored restored, std::uint64_t nonce, Instant start)
      : config(std::move(c)),
        core(config.raft, std::move(restored), start),
        machine(limits_of(config, core.log().last_index())),
        writes(config.raft.id, nonce, config),
        reads(nonce, config),
        now(start) {}

  void applied(NodeId origin, Index epoch, std::uint64_t seq, kv::Reply reply) override {
    if (origin == core.id()) writes.applied(now, epoch, seq, std::move(reply));
  }
  void gap(NodeId origin, Index epoch, std::uint64_t expected) override {
    if (origin == core.id()) writes.gap(epoch, expected);
  }
  void opened(NodeId origin, std::uint64_t nonce, Index epoch) override {
    if (origin == core.id()) writes.opened(nonce, epoch);
  }

  void notice_leader();
  void receive_forward(NodeId from, const wire::Forward& forward);
  void send_writes();
  void propose_writes();
  void forward_writes();
  void propose(std::string sections);
  void ask_reads();
  void run_core();
  kv::Reply disk_is_full(const std::string& consequence) const;
  void hand_over_if_stalled();
  void refuse_reads_if_stalled();
  std::uint64_t cluster_time_ms();

  Config config;
  raft::Core core;
  kv::StateMachine machine;
  WriteQueue writes;
  ReadQueue reads;
  Instant now;

  // The leadership that was last seen, to notice when it changes.
  Term leader_term;
  NodeId leader;
  // While we lead: what the cluster time was, and when.
  std::uint64_t cluster_time_base = 0;
  Instant cluster_time_at;
  std::vector<Payload> forwarded;  // sections of other nodes, to be proposed this turn
  std::size_t forwarded_bytes = 0;
  bool stalled = false;
  Instant next_hand_over;
  Output output;
};

Replica::Replica(Config config, raft::Restored restored, std::uint64_t nonce, Instant now)
    : state_(std::make_unique<State>(std::move(config), std::move(restored), nonce, now)) {}

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

void Replica::submit_read(Instant now, RequestKey key, kv::Args args) {
  state_->now = now;
  if (auto refusal = state_->reads.add(now, key, args)) {
    state_->output.completions.push_back({key, std::move(*refusal)});
  }
}

void Replica::forget_client(std::uint64_t client) {
  state_->writes.forget_client(client);
  state_->reads.forget_client(client);
}

void Replica::receive(Instant now, NodeId from, wire::PeerMessage message) {
  state_->now = now;
  std::visit(Overload{
                 [&](raft::Message& m) {
                   state_->core.receive(now, {from, state_->core.id(), std::move(m)});
                 },
                 [&](wire::Forward& m) { state_->receive_forward(from, m); },
             },
             message);
}

void Replica::link_reset(Instant now, NodeId peer) {
  state_->now = now;
  state_->core.link_reset(peer);
  if (peer == state_->core.leader()) state_->writes.send_again();
}

void Replica::persisted(Instant now, Ticket ticket) {
  state_->now = now;
  state_->core.persisted(now, ticket);
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

Instant Replica::next_deadline() const {
  return std::min({state_->core.next_deadline(), state_->writes.next_deadline(),
                   state_->reads.next_deadline()});
}

Output Replica::take_output(Instant now) {
  State& s = *state_;
  s.now = now;
  s.notice_leader();
  s.hand_over_if_stalled();
  s.send_writes();
  s.ask_reads();
  s.run_core();
  // What was applied may have opened an epoch or freed the window: that goes out in this turn too.
  s.send_writes();
  s.run_core();
  s.reads.answer(s.machine);
  s.refuse_reads_if_stalled();
  for (Completion& c : s.writes.take_completions()) s.output.completions.push_back(std::move(c));
  for (Completion& c : s.reads.take_completions()) s.output.completions.push_back(std::move(c));
  s.output.fault = s.core.fault();
  return std::exchange(s.output, {});
}

// Under a new leader nothing is known of what the old one did with our writes.
void Replica::State::notice_leader() {
  if (core.term() == leader_term && core.leader() == leader) return;
  leader_term = core.term();
  leader = core.leader();
  if (!leader) return;
  writes.send_again();
  if (core.is_leader()) {
    cluster_time_base = machine.cluster_time_ms();
    cluster_time_at = now;
  }
}

// Cluster time goes on while there is a leader, by the leader's monotonic clock: nobody's wall
// clock can jump a session into expiry.
std::uint64_t Replica::State::cluster_time_ms() {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - cluster_time_at);
  const std::uint64_t time = cluster_time_base + static_cast<std::uint64_t>(since.count());
  // A new leader has yet to apply what earlier leaders stamped, after a restart all of the log.
  if (time >= machine.cluster_time_ms()) return time;
  cluster_time_at = now;
  return cluster_time_base = machine.cluster_time_ms();
}

void Replica::State::receive_forward(NodeId from, const wire::Forward& forward) {
  // Not ours to propose, or more than we can take: the sender will send it again, where it belongs.
  if (!core.is_leader() || core.is_transferring() || forward.term != core.term()) return;
  if (stalled || forwarded_bytes > config.window_bytes) return;
  Reader reader(forward.section.view());
  const auto section = kv::get_section(reader);
  const auto origin = [](const kv::Section& s) {
    return std::visit([](const auto& any) { return any.origin; }, s);
  };
  if (!section || !reader.finished() || origin(*section) != from) {
    output.trace.push_back("dropped a malformed forward from node " + std::to_string(from.value()));
    return;
  }
  forwarded_bytes += forward.section.size();
  forwarded.push_back(forward.section);
}

void Replica::State::send_writes() {
  if (core.fault()) return;
  if (core.is_leader()) {
    if (!core.is_transferring()) propose_writes();
  } else if (core.leader()) {
    forward_writes();
  }
  forwarded.clear();
  forwarded_bytes = 0;
}

// All that arrived in this turn becomes one entry, or few if it is much.
void Replica::State::propose_writes() {
  std::string batch;
  const auto add = [&](std::string_view section) {
    if (!batch.empty() && batch.size() + section.size() > config.section_bytes_max) {
      propose(std::exchange(batch, {}));
    }
    if (batch.empty()) {
      Writer writer(batch);
      kv::put_batch_header(cluster_time_ms(), writer);
    }
    batch += section;
  };
  for (std::string own = writes.next_section(now); !own.empty(); own = writes.next_section(now)) {
    add(own);
  }
  for (const Payload& section : forwarded) add(section.view());
  if (!batch.empty()) propose(std::move(batch));
}

void Replica::State::propose(std::string batch) {
  const auto index = core.propose(Payload(std::move(batch)));
  CHECK(index.has_value());
}

void Replica::State::forward_writes() {
  for (std::string own = writes.next_section(now); !own.empty(); own = writes.next_section(now)) {
    output.messages.push_back({core.leader(), wire::Forward{core.term(), Payload(std::move(own))}});
  }
}

void Replica::State::ask_reads() {
  if (!core.leader()) return;
  if (const std::uint64_t token = reads.next_question(now)) core.read(token);
}

void Replica::State::run_core() {
  raft::Effects effects = core.take_effects(now);
  std::ranges::move(effects.persist, std::back_inserter(output.persist));
  for (raft::Envelope& envelope : effects.messages) {
    output.messages.push_back({envelope.to, std::move(envelope.message)});
  }
  for (const raft::Committed& committed : effects.committed) {
    const bool is_command = committed.entry.kind == raft::EntryKind::kCommand;
    machine.apply(committed.index, is_command ? committed.entry.payload.view() : "", *this);
  }
  for (const raft::ReadGranted& grant : effects.reads_granted) reads.granted(now, grant);
  for (const std::uint64_t token : effects.reads_refused) reads.refused(token);
  std::ranges::move(effects.trace, std::back_inserter(output.trace));
}

// A leader whose disk is full can't take writes; a follower that has everything has room.
void Replica::State::hand_over_if_stalled() {
  if (!stalled || !core.is_leader() || now < next_hand_over) return;
  next_hand_over = now + config.resend_interval;
  core.transfer(now, NodeId());
}

// A follower whose disk is full learns of no more commits, so some reads would wait until there
// is room. Those that ask for what it has go on.
void Replica::State::refuse_reads_if_stalled() {
  if (!stalled || core.is_leader()) return;
  reads.refuse_above(core.commit_index(),
                     disk_is_full("it lacks the newest writes; read at another node"));
}

kv::Reply Replica::State::disk_is_full(const std::string& consequence) const {
  return kv::Reply::error("MISCONF the disk of node " + std::to_string(core.id().value()) +
                          " is full: " + consequence);
}

Status Replica::status() const {
  const State& s = *state_;
  Role role = Role::kFollower;
  if (s.core.is_leader()) role = Role::kLeader;
  if (s.core.is_candidate()) role = Role::kCandidate;
  if (s.core.is_pre_candidate()) role = Role::kPreCandidate;
  return Status{.id = s.core.id(),
                .role = role,
                .term = s.core.term(),
                .leader = s.core.leader(),
                .voted_for = s.core.voted_for(),
                .last_index = s.core.log().last_index(),
                .commit_index = s.core.commit_index(),
                .applied_index = s.machine.applied_index(),
                .voters = s.config.raft.voters,
                .match = s.core.matches(),
                .keys = s.machine.key_count(),
                .sessions = s.machine.session_count(),
                .session_reply_bytes = s.machine.session_reply_bytes(),
                .cluster_time_ms = s.machine.cluster_time_ms(),
                .pending_writes = s.writes.size(),
                .pending_reads = s.reads.size(),
                .pending_bytes = s.writes.bytes() + s.reads.bytes(),
                .storage_stalled = s.stalled};
}

const raft::Core& Replica::core() const {
  return state_->core;
}

std::uint64_t Replica::digest() {
  return state_->machine.digest();
}

}  // namespace holdfast::replica
