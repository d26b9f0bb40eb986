// The leader's half: replication, commit, check-quorum, leadership transfer.

#include <algorithm>

#include "base/check.hpp"
#include "base/planted.hpp"
#include "raft/core.hpp"

namespace holdfast::raft {

namespace {
constexpr std::size_t kRoundsKept = 1024;  // whose answers may still extend a lease
}

std::expected<Index, Refusal> Core::propose(Payload payload, bool is_awaited) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader || fault_) return std::unexpected(Refusal::kNotLeader);
  if (leader->transfer) return std::unexpected(Refusal::kTransferring);
  append_to_log({term(), EntryKind::kCommand, std::move(payload)});
  if (is_awaited) leader->awaited = log_.last_index();
  return log_.last_index();
}

void Core::tick_leader(Instant now) {
  auto& leader = std::get<Leader>(role_);
  if (leader.transfer && now >= leader.transfer->deadline) {
    trace("gave up handing over to node " + std::to_string(leader.transfer->target.value()));
    leader.transfer.reset();
    if (!membership().is_voter(id())) return become_follower(now, term(), NodeId());
  }
  if (!leader.reads.empty() && now >= leader.patience_ends) broadcast_heartbeat(now);
  if (now < leader.heartbeat_due) return;
  // Check-quorum (Thesis §6.2): cut off from a majority, others may lead by now.
  if (!membership().has_quorum([&](NodeId node) { return answers(now, node); })) {
    trace("hears no majority");
    return become_follower(now, term(), NodeId());
  }
  // For a peer that is down the log is not kept: it gets a newer snapshot one day.
  for (auto& [node, peer] : leader.peers) {
    if (!answers(now, node)) peer.snapshot_sent = Index();
  }
  leader.heartbeat_due = now + config_.heartbeat_interval;
  broadcast_heartbeat(now);
}

bool Core::answers(Instant now, NodeId node) const {
  if (node == id()) return true;
  const auto& peers = std::get<Leader>(role_).peers;
  const auto peer = peers.find(node);
  return peer != peers.end() && now - peer->second.last_heard() < config_.election_timeout_min;
}

// For the time or for reads; reads must not put off what else a tick does.
void Core::broadcast_heartbeat(Instant now) {
  begin_round(now);
  auto& leader = std::get<Leader>(role_);
  leader.patience_ends = Instant::max();  // with whom? All are asked.
  for (auto& [node, peer] : leader.peers) send_heartbeat(now, node, peer);
}

void Core::begin_round(Instant now) {
  auto& leader = std::get<Leader>(role_);
  ++leader.round;
  if (config_.lease_reads) {
    leader.rounds_sent.push_back({leader.round, now});
    if (leader.rounds_sent.size() > kRoundsKept) leader.rounds_sent.pop_front();
  }
}

void Core::send_heartbeat(Instant now, NodeId to, Progress& peer) {
  // At most what the peer has acknowledged: it could not tell which entries a higher one means.
  const Index commit = planted(Bug::kHeartbeatCommitBeyondMatch)
                           ? commit_index_
                           : std::min(commit_index_, peer.match());
  peer.commit_told = std::max(peer.commit_told, commit);
  const Round round = std::get<Leader>(role_).round;
  peer.asked(round, now);
  send(to, Heartbeat{.term = term(), .commit = commit, .round = round}, hard_state_ticket_);
}

void Core::replicate(Instant now) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader) return;
  for (auto& [node, peer] : leader->peers) {
    send_entries(now, node, peer);
    const Index known = std::min(commit_index_, peer.match());
    if (peer.commit_told < std::min(known, leader->awaited)) send_heartbeat(now, node, peer);
  }
}

void Core::send_entries(Instant now, NodeId to, Progress& peer) {
  if (!log_.term_at(peer.next().prev())) return;  // it gets a snapshot
  while ((peer.next() <= log_.last_index() || peer.wants_answer()) && peer.may_send(config_)) {
    AppendRequest request{.term = term(),
                          .prev_index = peer.next().prev(),
                          .prev_term = *log_.term_at(peer.next().prev()),
                          .commit = commit_index_,
                          .entries = {}};
    std::size_t bytes = 0;
    for (const Entry& entry : log_.from(peer.next())) {
      const bool full = request.entries.size() >= config_.append_entries_max ||
                        bytes + entry.payload.size() > config_.append_bytes_max;
      if (full && !request.entries.empty()) break;
      bytes += entry.payload.size();
      request.entries.push_back(entry);
    }
    const Index last = request.prev_index.plus(request.entries.size());
    peer.commit_told = std::max(peer.commit_told, std::min(commit_index_, last));
    send(to, std::move(request), hard_state_ticket_);
    peer.sent(last, bytes, now);
  }
}

void Core::on(Instant now, NodeId from, const AppendResponse& response) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader) return;
  const auto found = leader->peers.find(from);
  if (found == leader->peers.end()) return;
  Progress& peer = found->second;
  if (response.match > log_.last_index() || response.rejected > log_.last_index()) {
    return trace("dropped an AppendResponse about entries that do not exist");
  }
  peer.heard(now, response.match);
  if (!response.accepted) {
    peer.refused(response.rejected, log_.last_common(response.last, response.runs).next());
    return;
  }
  if (!peer.accepted(response.match, now)) return;
  maybe_advance_commit();
  if (peer.match() >= commit_index_) peer.snapshot_sent = Index();
  maybe_finish_transfer(from);
}

void Core::on(Instant now, NodeId from, const HeartbeatResponse& response) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader) return;
  if (response.round > leader->round || response.received > log_.last_index()) {
    return trace("dropped a HeartbeatResponse to what was never asked");
  }
  const auto found = leader->peers.find(from);
  if (found == leader->peers.end()) return;
  Progress& peer = found->second;
  peer.heard(now, response.received);
  peer.confirmed(response.round, now);
  note_promise(now, peer, response);
  if (const auto match_term = log_.term_at(peer.match());
      match_term && response.received < peer.match()) {
    // It restarted: it holds the entries but can't know any more that they are ours.
    send(from,
         AppendRequest{.term = term(),
                       .prev_index = peer.match(),
                       .prev_term = *match_term,
                       .commit = commit_index_},
         hard_state_ticket_);
  }
  maybe_grant_reads();
  maybe_finish_transfer(from);
}

void Core::link_reset(NodeId node) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader) return;
  if (const auto peer = leader->peers.find(node); peer != leader->peers.end()) {
    peer->second.link_reset();
    // It may have been asked for reads: now all are.
    if (!leader->reads.empty()) leader->heartbeat_due = Instant();
  }
}

void Core::maybe_advance_commit() {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader) return;
  const Index own = planted(Bug::kOwnDiskNotAwaited) ? log_.last_index() : durable_index_;
  const Index majority = membership().reached_by_quorum([&](NodeId node) {
    if (node == id()) return own;
    const auto peer = leader->peers.find(node);
    return peer == leader->peers.end() ? Index() : peer->second.match();
  });
  // Raft §5.4.2: entries of earlier terms commit only beneath one of ours (figure 8).
  const bool ours = log_.term_at(majority) == term() || planted(Bug::kCommitOldTerm);
  if (majority <= commit_index_ || !ours) return;
  commit_to(majority);
  maybe_grant_reads();
}

bool Core::is_transferring() const {
  const auto* leader = std::get_if<Leader>(&role_);
  return leader && leader->transfer;
}

bool Core::transfer(Instant now, NodeId target) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader || leader->transfer) return false;
  if (target && !answers(now, target)) return false;
  if (!target) target = best_successor();
  const Member* member = membership().find(target);
  if (member == nullptr || !member->votes || !leader->peers.contains(target)) return false;
  leader->transfer = Transfer{target, now + config_.election_timeout_min, false};
  leader->heartbeat_due = std::min(leader->heartbeat_due, leader->transfer->deadline);
  maybe_finish_transfer(target);
  return true;
}

// The most caught-up of the voters; zero if there is no other.
NodeId Core::best_successor() const {
  const auto& leader = std::get<Leader>(role_);
  NodeId best;
  std::pair<Index, Instant> best_state;
  for (const auto& [node, peer] : leader.peers) {
    const Member* member = membership().find(node);
    if (member == nullptr || !member->votes) continue;
    const std::pair state(peer.match(), peer.last_heard());
    if (best && state <= best_state) continue;
    best = node;
    best_state = state;
  }
  return best;
}

// Nothing is proposed meanwhile, so the target will have everything; then it may campaign.
void Core::maybe_finish_transfer(NodeId peer) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader || !leader->transfer || leader->transfer->target != peer) return;
  if (leader->transfer->told || leader->peers.at(peer).match() != log_.last_index()) return;
  leader->transfer->told = true;
  leader->lease_is_void = true;
  send(peer, TimeoutNow{.term = term()}, hard_state_ticket_);
}

std::map<NodeId, Index> Core::matches() const {
  std::map<NodeId, Index> matches;
  if (const auto* leader = std::get_if<Leader>(&role_)) {
    for (const auto& [node, peer] : leader->peers) matches.emplace(node, peer.match());
  }
  return matches;
}

}  // namespace holdfast::raft
