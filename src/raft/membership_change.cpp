// Changes of the membership, by joint consensus (Raft §6, Thesis §4.3).
//
//  1. The leader appends C_old,new: from then on each decision needs a majority of both sets.
//  2. When that is committed it appends C_new, which counts alone from then on.
//  3. When that is committed, who is no member any more is told so; a leader that is none hands
//  over.
//
// A leader that dies in between leaves the rest to the next one: what is to be done next follows
// from the newest membership in the log and whether it is committed.

#include <algorithm>
#include <utility>

#include "base/planted.hpp"
#include "raft/core.hpp"

namespace holdfast::raft {

namespace {

// What leads from one membership to another: joint if voters differ, else the other at once.
Membership joint(const Membership& current, const Membership& target) {
  Membership next;
  for (Member member : target.members) {
    const Member* before = current.find(member.id);
    member.voted = before != nullptr && before->votes;
    member.leaves = false;
    member.joins = member.joins && !member.votes;
    next.members.push_back(std::move(member));
  }
  if (!next.is_joint() && std::ranges::none_of(current.members, [&](const Member& member) {
        return member.votes && !target.contains(member.id);
      })) {
    return next;
  }
  for (Member member : current.members) {
    if (target.contains(member.id)) continue;
    member.voted = member.votes;
    member.votes = member.joins = false;
    member.leaves = true;
    next.members.push_back(std::move(member));
  }
  std::ranges::sort(next.members, {}, &Member::id);
  return next;
}

// `joiner` votes, and whom it replaces is gone.
Membership with_joined(Membership membership, const Member& joiner) {
  std::erase_if(membership.members, [&](const Member& m) { return m.id == joiner.replaces; });
  for (Member& member : membership.members) {
    if (member.id != joiner.id) continue;
    member.votes = true;
    member.joins = false;
    member.replaces = NodeId();
  }
  return membership;
}

}  // namespace

std::expected<Index, Refusal> Core::change_membership(Instant now, const Membership& target) {
  const auto* leader = std::get_if<Leader>(&role_);
  if (!leader || fault_) return std::unexpected(Refusal::kNotLeader);
  if (leader->transfer) return std::unexpected(Refusal::kTransferring);
  // Else two leaders, each with a change of its own that nobody has, could count majorities that
  // do not meet (the bug in single-server changes of 2015; this rule is its remedy there, and here
  // it makes sure that the newest membership is known to be the newest).
  if (commit_index_ < leader->term_start && !planted(Bug::kChangeBeforeNoop)) {
    return std::unexpected(Refusal::kNotYet);
  }
  const bool is_changing = membership().is_joint() || memberships_.current_index() > commit_index_;
  if (is_changing && !planted(Bug::kChangeMadeTwice)) return std::unexpected(Refusal::kChanging);
  const Membership next = joint(membership(), target);
  // A peer that was added just now counts as heard until it has had time to answer.
  const auto lives = [&](NodeId node) {
    return answers(now, node) && (node == id() || leader->peers.at(node).has_answered());
  };
  // Of a voter that a new leader has not heard yet it is not known.
  const auto may_live = [&](NodeId node) {
    return lives(node) || (answers(now, node) && membership().is_voter(node));
  };
  if (!next.after_change().has_quorum(may_live)) return std::unexpected(Refusal::kLosesQuorum);
  if (!next.after_change().has_quorum(lives)) return std::unexpected(Refusal::kNotYet);
  return append_membership(now, next);
}

Index Core::append_membership(Instant now, const Membership& membership) {
  trace("the membership becomes " + to_string(membership));
  append_to_log({term(), EntryKind::kMembership, Payload(encode(membership))});
  std::get<Leader>(role_).awaited = log_.last_index();
  follow_membership(now);
  // Fewer voters may have been all that was missing.
  maybe_advance_commit();
  maybe_grant_reads();
  return log_.last_index();
}

// Keeps track of just those who are members now.
void Core::follow_membership(Instant now) {
  auto& leader = std::get<Leader>(role_);
  for (const Member& member : membership().members) {
    if (member.id == id()) continue;
    leader.dropped.erase(member.id);
    leader.peers.try_emplace(member.id, log_.last_index().next(), now,
                             2 * config_.heartbeat_interval);
  }
  std::erase_if(leader.peers, [&](const auto& peer) {
    const bool is_gone = !membership().contains(peer.first);
    if (is_gone) leader.dropped.insert(peer.first);
    return is_gone;
  });
}

void Core::maybe_go_on_changing(Instant now) {
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader || memberships_.current_index() > commit_index_ ||
      commit_index_ < leader->term_start) {
    return;
  }
  for (const NodeId node : std::exchange(leader->dropped, {})) {
    send(node, Removed{.term = term()}, hard_state_ticket_);
  }
  if (membership().is_joint()) {
    // Whom leadership is handed to lacks what is appended meanwhile, and would not be elected.
    if (!leader->transfer) append_membership(now, membership().after_change());
  } else if (!membership().is_voter(id())) {
    leave_office(now);
  } else {
    maybe_promote(now);
  }
}

// It was the leader's last duty to commit its own removal.
void Core::leave_office(Instant now) {
  auto& leader = std::get<Leader>(role_);
  if (leader.transfer || transfer(now)) return;
  trace("is no voter any more");
  become_follower(now, term(), NodeId());
}

// Thesis §4.2.1: what a joiner lacks must be little, or the cluster would stand still until it has
// it.
void Core::maybe_promote(Instant now) {
  const auto& leader = std::get<Leader>(role_);
  if (leader.transfer) return;
  for (const Member& member : membership().members) {
    if (!member.joins || member.votes || !answers(now, member.id)) continue;
    const Progress& peer = leader.peers.at(member.id);
    const std::uint64_t lag = log_.last_index().value() - peer.match().value();
    if (peer.probing() || lag > config_.append_entries_max) continue;
    // Refused: not yet, or not as long as it would lose the quorum.
    if (change_membership(now, with_joined(membership(), member))) return;
  }
}

// A node that was removed while it was down learns of it when it asks for votes.
void Core::tell_stranger(NodeId node, const Message& message) {
  if (!std::holds_alternative<VoteRequest>(message)) return;
  if (memberships_.current_index() > commit_index_) return;
  send(node, Removed{.term = term()}, hard_state_ticket_);
}

void Core::on(Instant, NodeId from, const Removed&) {
  if (is_leader() || membership().members.empty()) return;
  trace("was removed from the cluster, says node " + std::to_string(from.value()));
  removed_ = true;
}

}  // namespace holdfast::raft
