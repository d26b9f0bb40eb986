// Elections: timeouts, pre-votes, votes (Raft §5.2, §5.4.1; Thesis §4.2.3, §9.6).

#include "base/check.hpp"
#include "base/planted.hpp"
#include "raft/core.hpp"

namespace holdfast::raft {

namespace {
// A leader's log must have what this node may have acknowledged and forgotten.
bool reaches_forgotten(const Position& last, const HardState& state) {
  return is_up_to_date(last, state.votes_from) || planted(Bug::kEmptyNodeVotes);
}
}  // namespace

void Core::reset_election_timer(Instant now) {
  const auto low = static_cast<std::uint64_t>(config_.election_timeout_min.count());
  const auto high = static_cast<std::uint64_t>(config_.election_timeout_max.count());
  election_deadline_ = now + Duration(prng_.between(low, high));
}

// A node that hears a leader, or is one, helps nobody to depose it.
bool Core::hears_leader(Instant now) const {
  if (is_leader() || now < promised_until_) return true;
  return leader() && leader_heard_ && now - *leader_heard_ < config_.election_timeout_min;
}

// A node that is no voter in the newest membership may still be needed while that is not committed:
// it may be the only one that has it (Thesis §4.2.2).
bool Core::may_campaign() const {
  return memberships_.is_voter_since(commit_index_, id()) &&
         reaches_forgotten(log_.last(), hard_state_);
}

void Core::become_follower(Instant now, Term term, NodeId leader) {
  const bool was_leader = is_leader();
  if (was_leader) refuse_own_reads();
  // It has committed its own removal: nobody else needs to say so.
  const bool is_settled = memberships_.current_index() <= commit_index_;
  if (was_leader && is_settled && !membership().contains(id())) removed_ = true;
  for (const std::uint64_t token : reads_asked_) effects_.reads_refused.push_back(token);
  reads_asked_.clear();
  // Within a term the vote stands, whatever else we become (one vote per term, Raft §5.2).
  if (term > hard_state_.term) set_term(term, NodeId());
  if (planted(Bug::kVoteForgottenOnStepDown)) hard_state_.voted_for = NodeId();
  if (was_leader) trace("stepped down in term " + std::to_string(term.value()));
  role_ = Follower{leader};
  // A follower's own timer runs on: only a leader, or a vote given, restarts it.
  if (was_leader || leader) reset_election_timer(now);
}

void Core::ask_voters(const VoteRequest& request) {
  for (const Member& voter : membership().members) {
    if (voter.id == id() || !(voter.votes || voter.voted)) continue;
    send(voter.id, request, hard_state_ticket_);
  }
}

// Thesis §9.6: asks whether an election could be won, without disturbing anybody's term.
void Core::become_pre_candidate(Instant now) {
  become_follower(now, term(), NodeId());
  reset_election_timer(now);
  if (!may_campaign()) {
    // No leader is heard: perhaps since we are no member any more, and the word of it was lost. A
    // leader that is asked for a vote says so. As if our log were empty, so that nobody gives any.
    return ask_voters({.term = term().next(), .pre = true});
  }
  if (is_quorum_alone()) return become_candidate(now, false);
  role_ = PreCandidate{{id()}};
  trace("asks for pre-votes for term " + std::to_string(term().value() + 1));
  ask_voters({.term = term().next(),
              .last_index = log_.last_index(),
              .last_term = log_.last_term(),
              .pre = true});
}

void Core::become_candidate(Instant now, bool forced) {
  become_follower(now, term(), NodeId());
  set_term(term().next(), id());
  reset_election_timer(now);
  role_ = Candidate{};
  trace("campaigns in term " + std::to_string(term().value()));
  ask_voters({.term = term(),
              .last_index = log_.last_index(),
              .last_term = log_.last_term(),
              .forced = forced});
}

void Core::on(Instant now, NodeId from, const VoteRequest& request) {
  const Ticket no_promise = hard_state_ticket_;
  const Position last{request.last_index, request.last_term};
  const bool newer = (is_up_to_date(last, log_.last()) && reaches_forgotten(last, hard_state_)) ||
                     planted(Bug::kVoteForStaleLog);
  if (request.pre) {
    const bool granted = request.term > term() && newer && !hears_leader(now);
    // A refusal names our term, so that a candidate of an older one catches up with it.
    const Term answer = granted ? request.term : term();
    // Two that campaign at once might split the votes: this one goes first. Of two that have asked
    // each other one gives in.
    if (granted) {
      election_deadline_ = std::max(election_deadline_, now + config_.heartbeat_interval);
      const bool is_ahead = last != log_.last();
      if (is_pre_candidate() && (is_ahead || from > id())) role_ = Follower{};
    }
    return send(from, VoteResponse{.term = answer, .pre = true, .granted = granted}, no_promise);
  }
  const bool free = !voted_for() || voted_for() == from;
  const bool granted = free && newer && !leader();  // an elected leader needs no more votes
  if (granted) {
    if (!voted_for()) set_term(term(), from);
    reset_election_timer(now);
  }
  // The vote must be on disk before it is given, or a crash lets us vote twice.
  send(from, VoteResponse{.term = term(), .granted = granted},
       planted(Bug::kVoteBeforeDisk) ? Ticket() : hard_state_ticket_);
}

void Core::on(Instant now, NodeId from, const VoteResponse& response) {
  if (!response.granted) return;
  if (response.pre) {
    auto* hopeful = std::get_if<PreCandidate>(&role_);
    if (!hopeful || response.term != term().next()) return;
    hopeful->granted.insert(from);
    const auto grants = [&](NodeId node) { return hopeful->granted.contains(node); };
    if (membership().has_quorum(grants)) become_candidate(now, false);
    return;
  }
  if (auto* candidate = std::get_if<Candidate>(&role_)) candidate->granted.insert(from);
  count_votes(now);
}

// Our own vote counts, like any other, once it is on disk.
void Core::count_votes(Instant now) {
  auto* candidate = std::get_if<Candidate>(&role_);
  if (!candidate) return;
  if (hard_state_ticket_ <= durable_ticket_) candidate->granted.insert(id());
  const auto grants = [&](NodeId node) { return candidate->granted.contains(node); };
  if (membership().has_quorum(grants)) become_leader(now);
}

void Core::become_leader(Instant now) {
  Leader& leader = role_.emplace<Leader>();
  leader.term_start = log_.last_index().next();
  leader.heartbeat_due = now + config_.heartbeat_interval;
  trace("leads in term " + std::to_string(term().value()));
  follow_membership(now);
  append_to_log({term(), EntryKind::kNoop, Payload()});
  leader.awaited = leader.term_start;
  broadcast_heartbeat(now);
}

void Core::peer_lost(Instant now, NodeId peer) {
  if (fault_ || !peer || is_leader() || leader() != peer) return;
  trace("the leader, node " + std::to_string(peer.value()) + ", has closed its connections");
  become_follower(now, term(), NodeId());
  leader_heard_.reset();
  // All followers notice it at the same time. Who waits longer votes for who waited less.
  const auto low = static_cast<std::uint64_t>(config_.peer_lost_wait_min.count());
  const auto high = static_cast<std::uint64_t>(config_.peer_lost_wait_max.count());
  const Instant soon = now + Duration(prng_.between(low, high));
  election_deadline_ = std::min(election_deadline_, std::max(soon, promised_until_));
}

void Core::on(Instant now, NodeId from, const TimeoutNow&) {
  // Only this term's leader can hand over, and only to a follower of its own.
  if (leader() != from || is_leader() || !may_campaign()) {
    return trace("dropped a TimeoutNow that no leader sent, or not to us");
  }
  trace("takes over from node " + std::to_string(from.value()));
  become_candidate(now, true);
}

}  // namespace holdfast::raft
