#include "raft/core.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/overload.hpp"
#include "base/planted.hpp"

namespace holdfast::raft {

namespace {
constexpr Term kTermEnd(std::uint64_t{1} << 62);  // so that there is always a next one
constexpr std::size_t kHeldMax = 1024;            // messages that wait for the disk
}  // namespace

Core::Core(Config config, Restored restored, Instant now)
    : config_(std::move(config)),
      prng_(config_.seed),
      hard_state_(restored.hard_state),
      log_(restored.base, std::move(restored.entries)),
      snapshot_(restored.snapshot.last),
      commit_index_(snapshot_.index),
      handed_out_(snapshot_.index),
      durable_index_(log_.last_index()) {
  Membership first = std::move(restored.snapshot.membership);
  if (first.members.empty()) first = Membership::of(config_.voters);
  memberships_ = MembershipLog(snapshot_.index, std::move(first));
  CHECK(log_.base().index <= snapshot_.index);
  if (log_.term_at(snapshot_.index) != snapshot_.term) {
    reset_log(snapshot_);
  } else if (!log_.term_at(log_.base().index)) {
    effects_.dropped.push_back(log_.compact_to(snapshot_.index));
  }
  for (Index i = snapshot_.index.next(); i <= log_.last_index(); ++i) note_membership(i);
  // A snapshot can be durable before the term in which its last entry was committed. No vote of
  // that term has left then: it would have waited for the term.
  if (snapshot_.term > term()) set_term(snapshot_.term, NodeId());
  // The disk may hold far more of the log before the snapshot than anybody asks for.
  if (snapshot_.index) compact(snapshot_.index);
  CHECK(log_.last_term() <= term());
  reset_election_timer(now);
  if (is_quorum_alone()) election_deadline_ = now;  // there is nobody to wait for
  // An earlier life may have promised it.
  const bool has_lived = term() > Term();
  if (config_.lease_reads && has_lived) promised_until_ = now + config_.election_timeout_min;
}

// Memberships are in force from where they stand in the log (Raft §6).
void Core::note_membership(Index index) {
  const Entry& entry = log_.at(index);
  if (entry.kind != EntryKind::kMembership) return;
  auto membership = decode_membership(entry.payload.view());
  CHECK_MSG(membership.has_value(), "a malformed membership in the log");
  memberships_.append(index, std::move(*membership));
  if (this->membership().contains(id())) removed_ = false;
}

void Core::append_to_log(Entry entry) {
  log_.append(std::move(entry));
  note_membership(log_.last_index());
  mark_log_dirty(log_.last_index());
}

bool Core::is_quorum_alone() const {
  return membership().has_quorum([this](NodeId node) { return node == id(); });
}

void Core::tick(Instant now) {
  if (fault_) return;
  if (is_leader()) {
    tick_leader(now);
  } else if (now >= election_deadline_) {
    become_pre_candidate(now);
  }
}

void Core::receive(Instant now, const Envelope& envelope) {
  if (fault_) return;
  if (envelope.to != id() || envelope.from == id() || !envelope.from) {
    trace("dropped a message from node " + std::to_string(envelope.from.value()) + " to node " +
          std::to_string(envelope.to.value()));
    return;
  }
  // A sender that is no member may know a newer membership than we do; what it says is judged by
  // the same rules. Only a leader knows better.
  if (is_leader() && !membership().contains(envelope.from)) {
    tell_stranger(envelope.from, envelope.message);
  }
  if (admit(now, envelope.from, envelope.message)) dispatch(now, envelope.from, envelope.message);
}

void Core::dispatch(Instant now, NodeId from, const Message& message) {
  std::visit([&](const auto& m) { on(now, from, m); }, message);
}

// Raft §5.1: a newer term makes us a follower in it, an older one is answered with ours. Three
// messages name a term that is not in force: a pre-vote, its grant, and a vote request while a
// leader is alive, which must not disturb that leader (Thesis §4.2.3, §9.6).
bool Core::admit(Instant now, NodeId from, const Message& message) {
  const Term theirs = std::visit([](const auto& m) { return m.term; }, message);
  if (theirs >= kTermEnd) {
    trace("dropped a message of an impossible term");
    return false;
  }
  const auto* request = std::get_if<VoteRequest>(&message);
  const auto* response = std::get_if<VoteResponse>(&message);
  if (request && request->pre) return true;
  if (response && response->pre && response->granted) return true;
  if (theirs == term()) return true;
  if (theirs < term()) return answer_old_term(from, message);
  if (request && !request->forced && hears_leader(now)) {
    trace("ignored a vote request of term " + std::to_string(theirs.value()) +
          ": a leader is alive");
    return false;
  }
  const bool from_leader =
      std::holds_alternative<AppendRequest>(message) || std::holds_alternative<Heartbeat>(message);
  become_follower(now, theirs, from_leader ? from : NodeId());
  return true;
}

// A leader or candidate of an older term learns ours and steps down; other old messages are late
// and say nothing.
bool Core::answer_old_term(NodeId from, const Message& message) {
  const Ticket needs = hard_state_ticket_;
  std::visit(Overload{
                 [&](const VoteRequest&) { send(from, VoteResponse{.term = term()}, needs); },
                 [&](const AppendRequest& m) {
                   send(from, AppendResponse{.term = term(), .rejected = m.prev_index}, needs);
                 },
                 [&](const Heartbeat& m) {
                   send(from, HeartbeatResponse{.term = term(), .round = m.round}, needs);
                 },
                 [&](const ReadIndexRequest& m) {
                   send(from, ReadIndexResponse{.term = term(), .token = m.token}, needs);
                 },
                 [](const auto&) {},
             },
             message);
  return false;
}

void Core::set_term(Term term, NodeId voted_for) {
  CHECK(term >= hard_state_.term);
  if (term > hard_state_.term) {
    // What was held back speaks for a term that is over; to lose it is safe, as on a network.
    held_.clear();
    verified_ = Index();
    leader_heard_.reset();
  } else {
    CHECK(!hard_state_.voted_for || hard_state_.voted_for == voted_for);
  }
  hard_state_.term = term;
  hard_state_.voted_for = voted_for;
  hard_state_dirty_ = true;
  hard_state_ticket_ = next_ticket();
}

void Core::mark_log_dirty(Index from) {
  log_dirty_from_ = std::min(log_dirty_from_.value_or(from), from);
  log_ticket_ = next_ticket();
}

void Core::hand_to_disk() {
  if (!hard_state_dirty_ && !log_reset_ && !log_dirty_from_ && !first_needed_) return;
  Persist batch{.ticket = next_ticket(), .hard_state = {}, .first = {}, .entries = {}};
  if (hard_state_dirty_) batch.hard_state = hard_state_;
  if (planted(Bug::kVoteNotPersisted) && batch.hard_state) batch.hard_state->voted_for = NodeId();
  batch.reset = std::exchange(log_reset_, std::nullopt);
  batch.first_needed = std::exchange(first_needed_, Index());
  if (log_dirty_from_) {
    const auto entries = log_.from(*log_dirty_from_);
    batch.first = *log_dirty_from_;
    batch.entries.assign(entries.begin(), entries.end());
  }
  last_ticket_ = batch.ticket;
  pending_.push_back({batch.ticket, log_.last_index()});
  effects_.persist.push_back(std::move(batch));
  hard_state_dirty_ = false;
  log_dirty_from_.reset();
}

void Core::persisted(Instant now, Ticket ticket) {
  CHECK(ticket <= last_ticket_);
  if (fault_ || ticket <= durable_ticket_) return;
  durable_ticket_ = ticket;
  while (!pending_.empty() && pending_.front().ticket <= ticket) {
    // `last` was lowered if the entries were truncated since: a late completion of an old write
    // must not count for the newer entries at the same indexes.
    durable_index_ = std::max(durable_index_, pending_.front().last);
    pending_.pop_front();
  }
  release_held();
  count_votes(now);
  maybe_advance_commit();
}

void Core::release_held() {
  const auto end = held_.upper_bound(durable_ticket_);
  for (auto it = held_.begin(); it != end; ++it) effects_.messages.push_back(std::move(it->second));
  held_.erase(held_.begin(), end);
}

void Core::send(NodeId to, Message message, Ticket needs) {
  Envelope envelope{id(), to, std::move(message)};
  if (needs <= durable_ticket_) {
    effects_.messages.push_back(std::move(envelope));
  } else {
    // While a disk stands still, heartbeats go on. To lose an old answer is safe, as on a network.
    if (held_.size() >= kHeldMax) held_.erase(held_.begin());
    held_.emplace(needs, std::move(envelope));
  }
}

void Core::commit_to(Index index) {
  CHECK(index >= commit_index_ && index <= log_.last_index());
  commit_index_ = index;
}

Effects Core::take_effects(Instant now) {
  if (!fault_) {
    maybe_go_on_changing(now);
    start_reads(now);
    // Entries travel to the peers and to our own disk at the same time (Thesis §10.2.1).
    replicate(now);
    hand_to_disk();
    hand_out_committed();
  }
  return std::exchange(effects_, {});
}

void Core::hand_out_committed() {
  std::size_t bytes = 0;
  while (handed_out_ < commit_index_ && bytes < config_.committed_bytes_max) {
    ++handed_out_;
    const Entry& entry = log_.at(handed_out_);
    bytes += entry.payload.size() + sizeof(Entry);
    effects_.committed.push_back({handed_out_, entry});
  }
}

Instant Core::next_deadline() const {
  if (fault_) return Instant::max();
  return handed_out_ < commit_index_ ? Instant() : tick_due();
}

Instant Core::tick_due() const {
  if (fault_) return Instant::max();
  const auto* leader = std::get_if<Leader>(&role_);
  if (!leader) return election_deadline_;
  return leader->reads.empty() ? leader->heartbeat_due
                               : std::min(leader->heartbeat_due, leader->patience_ends);
}

NodeId Core::leader() const {
  if (is_leader()) return id();
  const auto* follower = std::get_if<Follower>(&role_);
  return follower ? follower->leader : NodeId();
}

void Core::trace(std::string line) {
  effects_.trace.push_back(std::move(line));
}

void Core::check_invariants() const {
  CHECK(commit_index_ <= log_.last_index());
  CHECK(handed_out_ <= commit_index_);
  CHECK(durable_index_ <= log_.last_index());
  CHECK(log_.last_term() <= term());
  CHECK(verified_ <= log_.last_index());
  CHECK(held_.empty() || held_.begin()->first > durable_ticket_);
  CHECK(log_.base().index <= snapshot_.index && snapshot_.index <= commit_index_);
  if (const auto* leader = std::get_if<Leader>(&role_)) {
    CHECK(log_.last_term() == term());
    CHECK(leader->term_start <= log_.base().index || log_.term_at(leader->term_start) == term());
    for (const auto& [node, peer] : leader->peers) {
      CHECK(peer.match() < peer.next());
      CHECK(peer.match() <= log_.last_index());
      CHECK(membership().contains(node));
    }
  }
}

}  // namespace holdfast::raft
