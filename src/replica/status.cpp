// What a replica tells of itself, and knows of others.

#include <algorithm>
#include <utility>

#include "replica/state.hpp"

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

std::vector<NodeId> voters_of(const raft::Membership& membership) {
  std::vector<NodeId> voters;
  for (const raft::Member& member : membership.members) {
    if (member.votes) voters.push_back(member.id);
  }
  return voters;
}

}  // namespace

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
                .voters = voters_of(s.core.membership()),
                .membership = s.core.membership(),
                .membership_settled = !s.core.membership().is_joint() &&
                                      s.core.membership_index() <= s.core.commit_index(),
                .match = s.core.matches(),
                .keys = s.machine.key_count(),
                .keys_expiring = s.machine.expiring_count(),
                .ttl_mean_ms = s.ttl_mean_ms(),
                .keys_expired = s.keys_expired,
                .state_bytes = s.machine.state_bytes(),
                .sessions = s.machine.session_count(),
                .session_reply_bytes = s.machine.session_reply_bytes(),
                .cluster_time_ms = s.machine.cluster_time_ms(),
                .wall_ahead_ms = s.clock.wall_ahead_ms(s.now),
                .pending_writes = s.writes.size(),
                .pending_reads = s.reads.size(),
                .pending_bytes = s.writes.bytes() + s.reads.bytes(),
                .snapshot_index = s.core.snapshot().index,
                .first_index = s.core.log().first_index(),
                .log_bytes = s.core.log().bytes(),
                .making_snapshot = s.maker.is_making(),
                .snapshots_sending = s.sender.count(),
                .snapshot_received = s.receiver.received(),
                .snapshot_total = s.receiver.total(),
                .snapshot_trouble = s.snapshot_trouble(),
                .storage_stalled = s.stalled};
}

// What has expired and is not removed yet has none left.
std::uint64_t Replica::State::ttl_mean_ms() const {
  const std::uint64_t time_ms = std::max(machine.cluster_time_ms(), clock.about(now));
  return std::max(machine.mean_expiry_ms(), time_ms) - time_ms;
}

bool Replica::knows(NodeId node) {
  return state_->machine.numbering_of(node).epoch || state_->origins_at_start().contains(node);
}

bool Replica::has_introduced_itself() const {
  return state_->writes.has_asked();
}

// What a restarted node has in its log and not yet applied counts as well.
const std::set<NodeId>& Replica::State::origins_at_start() {
  if (origins_in_log) return *origins_in_log;
  origins_in_log.emplace();
  for (const raft::Entry& entry : core.log().from(core.log().first_index())) {
    if (entry.kind != raft::EntryKind::kCommand) continue;
    Reader in(entry.payload.view());
    if (!kv::get_batch_header(in)) continue;
    while (!in.at_end()) {
      const auto section = kv::get_validated_section(in);
      if (!section) break;
      origins_in_log->insert(std::visit([](const auto& s) { return s.origin; }, *section));
    }
  }
  return *origins_in_log;
}

}  // namespace holdfast::replica
