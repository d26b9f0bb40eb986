// The follower's half of log replication (Raft §5.3).

#include <algorithm>

#include "base/planted.hpp"
#include "raft/core.hpp"

namespace holdfast::raft {

namespace {

bool well_formed(const AppendRequest& request) {
  if (!request.prev_index != !request.prev_term) return false;
  Term floor = request.prev_term;
  for (const Entry& entry : request.entries) {
    if (!entry.term || entry.term < floor || entry.term > request.term) return false;
    const bool is_membership = entry.kind == EntryKind::kMembership;
    if (is_membership && !decode_membership(entry.payload.view())) return false;
    floor = entry.term;
  }
  return floor <= request.term && request.prev_index.value() < (std::uint64_t{1} << 62);
}

// It tells of another entry where ours is committed and gone into a snapshot.
bool contradicts(const AppendRequest& request, Position base) {
  if (request.prev_index >= base.index) return false;
  const std::uint64_t place = base.index.value() - request.prev_index.value() - 1;
  return place < request.entries.size() && request.entries[place].term != base.term;
}

}  // namespace

// The sender leads this term. False if that can't be.
bool Core::follow(Instant now, NodeId leader) {
  if (is_leader() || (this->leader() && this->leader() != leader)) {
    fault_ = "two leaders in term " + std::to_string(term().value()) + ": nodes " +
             std::to_string(this->leader().value()) + " and " + std::to_string(leader.value());
    return false;
  }
  if (!this->leader()) become_follower(now, term(), leader);
  leader_heard_ = now;
  reset_election_timer(now);
  return true;
}

void Core::on(Instant now, NodeId from, const AppendRequest& request) {
  if (!well_formed(request)) return trace("dropped a malformed AppendRequest");
  if (!follow(now, from)) return;
  // What is committed is the same everywhere, also where a snapshot has taken its place.
  const bool fits = log_.term_at(request.prev_index) == request.prev_term ||
                    request.prev_index < log_.base().index ||
                    (planted(Bug::kLogsMerged) && request.prev_index <= log_.last_index());
  if (!fits) return refuse_append(from, request.prev_index);
  if (contradicts(request, log_.base())) return trace("refused another committed past than ours");
  // Only a real conflict truncates: a late, shorter request must leave what came after it alone.
  Index index = request.prev_index;
  for (const Entry& entry : request.entries) {
    ++index;
    if (index <= log_.base().index) continue;
    const auto present = log_.term_at(index);
    if (present == entry.term && !planted(Bug::kStaleAppendTruncates)) continue;
    if (present && planted(Bug::kConflictKept)) continue;
    if (present) {
      if (index <= commit_index_) {
        return trace("refused to overwrite committed entry " + std::to_string(index.value()));
      }
      truncate_from(index);
    }
    append_to_log(entry);
  }
  verified_ = planted(Bug::kStaleAppendTruncates) ? index : std::max(verified_, index);
  // Only what this very request proved equal may be committed, not what happens to follow it here.
  const Index proved = planted(Bug::kCommitBeyondProof) ? log_.last_index() : index;
  commit_to(std::max(commit_index_, std::min(request.commit, proved)));
  const Ticket written = planted(Bug::kAckBeforeDisk) ? Ticket() : log_ticket_;
  send(from, AppendResponse{.term = term(), .accepted = true, .match = index},
       std::max(hard_state_ticket_, written));
}

void Core::truncate_from(Index index) {
  log_.truncate_from(index);
  memberships_.truncate_from(index);
  durable_index_ = std::min(durable_index_, index.prev());
  if (planted(Bug::kLateCompletionCounts)) return;
  for (Pending& pending : pending_) pending.last = std::min(pending.last, index.prev());
}

void Core::refuse_append(NodeId leader, Index prev_index) {
  const Index last = std::min(prev_index, log_.last_index());
  send(leader,
       AppendResponse{
           .term = term(), .rejected = prev_index, .last = last, .runs = log_.runs_until(last)},
       hard_state_ticket_);
  const Index kept = std::max(commit_index_, verified_);
  if (planted(Bug::kCommittedTruncated) && kept < log_.last_index()) truncate_from(kept.next());
}

void Core::on(Instant now, NodeId from, const Heartbeat& heartbeat) {
  if (!follow(now, from)) return;
  const Index proved = planted(Bug::kHeartbeatCommitBeyondMatch) ? log_.last_index() : verified_;
  commit_to(std::max(commit_index_, std::min(heartbeat.commit, proved)));
  // Waits for a term that is not on disk yet, never for entries: a slow disk is not a dead node.
  Duration promise{};
  if (config_.lease_reads) {
    promise = config_.election_timeout_min;
    promised_until_ = now + promise;
  }
  send(from,
       HeartbeatResponse{
           .term = term(), .round = heartbeat.round, .received = verified_, .promise = promise},
       hard_state_ticket_);
}

}  // namespace holdfast::raft
