// Snapshots and log compaction (Raft §7, Thesis §5). The core knows of a snapshot what it stands
// for; its host makes, sends and loads the bytes.

#include <algorithm>

#include "base/check.hpp"
#include "base/planted.hpp"
#include "raft/core.hpp"

namespace holdfast::raft {

SnapshotMeta Core::meta_at(Index index) const {
  CHECK(index <= commit_index_ && index >= snapshot_.index);
  const auto term_there = log_.term_at(index);
  CHECK(term_there.has_value());
  const Term term = planted(Bug::kSnapshotWrongTerm) ? this->term() : *term_there;
  if (planted(Bug::kSnapshotWithoutMembership)) return {{index, term}, {}};
  return {{index, term}, memberships_.at(index)};
}

void Core::compact(Index last, std::size_t bytes_for_peers) {
  if (fault_ || last < snapshot_.index) return;
  CHECK(last <= handed_out_);
  snapshot_ = {last, *log_.term_at(last)};
  memberships_.compact_to(last);
  Index first = last.next();
  std::size_t bytes = 0;
  while (first > log_.first_index()) {
    bytes += Log::cost(log_.at(first.prev()));
    if (bytes > config_.log_tail_bytes) break;
    first = first.prev();
  }
  first = std::min(first, std::max(first_needed_by_peers(), log_.first_within(bytes_for_peers)));
  if (first <= log_.first_index()) return;
  effects_.dropped.push_back(log_.compact_to(first.prev()));
  first_needed_ = first;
}

// What peers need that have a snapshot, or are being sent one: they would need another one else,
// and under a steady load never catch up.
Index Core::first_needed_by_peers() const {
  Index first(UINT64_MAX);
  const auto* leader = std::get_if<Leader>(&role_);
  if (!leader) return first;
  for (const auto& [node, peer] : leader->peers) {
    if (!peer.snapshot_sent) continue;
    first = std::min(first, std::max(peer.snapshot_sent, peer.match()).next());
  }
  return first;
}

std::vector<NodeId> Core::peers_behind_log() const {
  std::vector<NodeId> behind;
  const auto* leader = std::get_if<Leader>(&role_);
  if (!leader || fault_) return behind;
  for (const auto& [node, peer] : leader->peers) {
    if (!log_.term_at(peer.next().prev())) behind.push_back(node);
  }
  return behind;
}

void Core::snapshot_sent(NodeId node, Index last) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader) return;
  if (const auto peer = leader->peers.find(node); peer != leader->peers.end()) {
    peer->second.snapshot_sent = last;
  }
}

bool Core::install(Instant, const SnapshotMeta& snapshot) {
  const Position last = snapshot.last;
  // Whoever sent it has told us its term, which is no lower.
  if (fault_ || last.term > term()) return false;
  const bool is_news = last.index > commit_index_;
  if (is_news) {
    // A log that holds the snapshot's last entry may be ahead of it; any other is wrong from some
    // place on, and what is before the snapshot is of no use any more.
    const bool is_ahead = log_.term_at(last.index) == last.term ||
                          (planted(Bug::kConflictKeptBehindSnapshot) && log_.term_at(last.index));
    if (is_leader() && !is_ahead) {
      fault_ =
          "a leader lacks entry " + std::to_string(last.index.value()) + ", which is committed";
      return false;
    }
    trace("installs a snapshot of entry " + std::to_string(last.index.value()));
    snapshot_ = last;
    commit_index_ = handed_out_ = last.index;
    if (is_ahead) {
      memberships_.compact_to(last.index);
    } else {
      // Whom it comes from may have joined later and not know with whom the cluster began, which we
      // may.
      const bool is_told = !snapshot.membership.members.empty();
      memberships_ =
          MembershipLog(last.index, is_told ? snapshot.membership : memberships_.first());
      if (membership().contains(id())) removed_ = false;
      reset_log(last);
    }
    // Committed by a leader before this term's, so this term's leader has it (Raft §5.4.3).
    if (leader()) verified_ = std::max(verified_, last.index);
  }
  if (leader() && !is_leader()) {
    send(leader(), AppendResponse{.term = term(), .accepted = true, .match = last.index},
         std::max(hard_state_ticket_, log_ticket_));
  }
  return is_news;
}

void Core::reset_log(Position base) {
  auto dropped = log_.reset(base);
  if (!dropped.empty()) effects_.dropped.push_back(std::move(dropped));
  log_reset_ = base;
  log_dirty_from_.reset();
  log_ticket_ = next_ticket();
  durable_index_ = base.index;
  verified_ = std::min(verified_, base.index);
  for (Pending& pending : pending_) pending.last = Index();
}

}  // namespace holdfast::raft
