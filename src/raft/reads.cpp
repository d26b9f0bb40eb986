// Linearizable reads without log entries: ReadIndex (Thesis §6.4).
//
//  1. A read notes the commit index when it arrives, but not before an entry of this term is
//     committed: until then the leader does not know what earlier leaders committed.
//  2. All reads of a turn share one round of heartbeats, sent after they arrived. A majority that
//     answers it proves that no newer leader had been elected when they arrived.
//  3. The read is answered from a state that has applied the noted index.
//
// With a lease a quorum has promised step 2 in advance.

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/planted.hpp"
#include "raft/core.hpp"

namespace holdfast::raft {

namespace {
constexpr std::size_t kReadsAskedMax = 1024;    // and not answered yet
constexpr std::uint64_t kRoundsUnanswered = 8;  // of those that few were asked
constexpr Duration kPromiseMax = std::chrono::hours(1);
}  // namespace

void Core::read(std::uint64_t token) {
  if (auto* leader = std::get_if<Leader>(&role_); leader && !fault_) {
    leader->reads.push_back({.from = {}, .token = token, .index = {}, .round = {}});
    return;
  }
  if (!leader() || fault_) {
    effects_.reads_refused.push_back(token);
    return;
  }
  if (reads_asked_.size() >= kReadsAskedMax) {
    // Nothing tells which answers were lost, but the oldest is the likeliest.
    effects_.reads_refused.push_back(*reads_asked_.begin());
    reads_asked_.erase(reads_asked_.begin());
  }
  reads_asked_.insert(token);
  send(leader(), ReadIndexRequest{.term = term(), .token = token}, hard_state_ticket_);
}

void Core::on(Instant, NodeId from, const ReadIndexRequest& request) {
  if (auto* leader = std::get_if<Leader>(&role_)) {
    leader->reads.push_back({.from = from, .token = request.token, .index = {}, .round = {}});
  } else {
    send(from, ReadIndexResponse{.term = term(), .token = request.token}, hard_state_ticket_);
  }
}

void Core::on(Instant now, NodeId from, const ReadIndexResponse& response) {
  // A token is good for one answer, by the leader it was asked of; a late or repeated one is stale.
  const bool any = planted(Bug::kLateReadAnswerTaken) && !reads_asked_.empty();
  const std::uint64_t token = any ? *reads_asked_.rbegin() : response.token;
  if (leader() != from || reads_asked_.erase(token) == 0) return;
  if (response.granted) {
    effects_.reads_granted.push_back({token, response.index, response.time_ms});
  } else {
    // It leads no more, and says so sooner than our timer does.
    effects_.reads_refused.push_back(token);
    become_follower(now, term(), NodeId());
  }
}

// Thesis §6.4.1. A promise counts from when its heartbeat was sent, not from when its answer came:
// a leader that was stopped in between would take an old answer for a fresh one.
void Core::note_promise(Instant now, Progress& peer, const HeartbeatResponse& response) {
  auto& leader = std::get<Leader>(role_);
  if (!config_.lease_reads || response.promise <= Duration()) return;
  const auto sent =
      std::ranges::lower_bound(leader.rounds_sent, response.round, {}, &SentRound::round);
  if (sent == leader.rounds_sent.end() || sent->round != response.round) return;
  const Duration promise = std::min(response.promise, kPromiseMax);
  const Duration sure = promise * (100 - config_.lease_drift_percent) / 100;
  const Instant from = planted(Bug::kLeaseKeptOverPause) ? now : sent->sent;
  peer.lease_until = std::max(peer.lease_until, from + sure);
}

bool Core::has_lease(Instant now) const {
  const auto& leader = std::get<Leader>(role_);
  if (!config_.lease_reads || leader.lease_is_void) return false;
  return now < membership().reached_by_quorum([&](NodeId node) {
    if (node == id()) return Instant::max();
    const auto peer = leader.peers.find(node);
    return peer == leader.peers.end() ? Instant() : peer->second.lease_until;
  });
}

void Core::start_reads(Instant now) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader || leader->reads.empty() || leader->reads.back().round) return;
  if (commit_index_ < leader->term_start && !planted(Bug::kReadBeforeNoop)) return;
  if (has_lease(now)) {
    std::erase_if(leader->reads, [this](PendingRead& read) {
      if (read.round) return false;
      read.index = commit_index_;
      answer_read(read, true);
      return true;
    });
    return;
  }
  ask_for_reads(now);
  for (auto read = leader->reads.rbegin(); read != leader->reads.rend() && !read->round; ++read) {
    read->index = commit_index_;
    read->round = leader->round;
  }
  maybe_grant_reads();
}

// A majority is enough, so where nobody has an entry to write only as many are asked as that takes:
// those who answer soonest. If they are silent all are, behind a few more rounds or when patience
// ends.
void Core::ask_for_reads(Instant now) {
  auto& leader = std::get<Leader>(role_);
  const Round oldest = leader.reads.front().round;
  const bool is_late = oldest && leader.round.value() - oldest.value() >= kRoundsUnanswered;
  if (is_late || commit_index_ < log_.last_index()) return broadcast_heartbeat(now);
  begin_round(now);
  std::vector<std::pair<Duration, NodeId>> voters;
  for (const auto& [node, peer] : leader.peers) {
    if (membership().is_voter(node)) voters.emplace_back(peer.answers_within(now), node);
  }
  std::ranges::sort(voters);
  std::set<NodeId> asked{id()};
  Duration patience{};
  const auto is_asked = [&](NodeId node) { return asked.contains(node); };
  for (auto next = voters.begin(); next != voters.end() && !membership().has_quorum(is_asked);
       ++next) {
    asked.insert(next->second);
    Progress& peer = leader.peers.at(next->second);
    patience = std::max(patience, peer.patience());
    send_heartbeat(now, next->second, peer);
  }
  leader.patience_ends = std::min(oldest ? leader.patience_ends : Instant::max(), now + patience);
}

void Core::maybe_grant_reads() {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader || leader->reads.empty()) return;
  const Round confirmed = membership().reached_by_quorum([&](NodeId node) {
    if (node == id()) return leader->round;
    const auto peer = leader->peers.find(node);
    return peer == leader->peers.end() ? Round() : peer->second.round_confirmed();
  });
  const Round round = planted(Bug::kReadWithoutConfirmation) ? leader->round : confirmed;
  const auto done = std::ranges::find_if(
      leader->reads, [&](const PendingRead& read) { return !read.round || read.round > round; });
  for (auto read = leader->reads.begin(); read != done; ++read) answer_read(*read, true);
  if (done == leader->reads.begin()) return;
  leader->reads.erase(leader->reads.begin(), done);
  // Those that were asked do answer: patience begins anew, with the next round.
  leader->patience_ends = Instant::max();
}

void Core::answer_read(const PendingRead& read, bool granted) {
  if (read.from) {
    send(read.from,
         ReadIndexResponse{
             .term = term(), .token = read.token, .granted = granted, .index = read.index},
         hard_state_ticket_);
    if (auto* leader = std::get_if<Leader>(&role_); leader && granted) {
      leader->awaited = std::max(leader->awaited, read.index);
    }
  } else if (granted) {
    effects_.reads_granted.push_back({read.token, read.index});
  } else {
    effects_.reads_refused.push_back(read.token);
  }
}

// A leader that steps down can confirm nothing any more; who asked may ask the next one.
void Core::refuse_own_reads() {
  auto& leader = std::get<Leader>(role_);
  for (const PendingRead& read : leader.reads) answer_read(read, false);
  leader.reads.clear();
}

}  // namespace holdfast::raft
