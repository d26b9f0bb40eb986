#include "replica/member_queue.hpp"

#include <algorithm>
#include <expected>

namespace holdfast::replica {

namespace {

using Kind = MemberRequest::Kind;
using raft::Member;
using raft::Membership;

constexpr std::size_t kMembersMax = 64;  // they are written out in each snapshot

std::string name_of(NodeId node) {
  return "node " + std::to_string(node.value());
}

kv::Reply error(const std::string& text) {
  return kv::Reply::error("ERR " + text);
}

Member* find(Membership& membership, NodeId node) {
  const auto at = std::ranges::find(membership.members, node, &Member::id);
  return at == membership.members.end() ? nullptr : &*at;
}

bool is_voter(const Member* member) {
  return member != nullptr && member->votes && member->voted;
}

// Whether the membership is what the request asks for.
bool is_fulfilled(const MemberRequest& request, const Membership& membership) {
  const Member* member = membership.find(request.node);
  const bool is_there = member != nullptr && member->address == request.address;
  switch (request.kind) {
    case Kind::kAdd:
      return is_there && is_voter(member);
    case Kind::kPromote:
      return is_voter(member);
    case Kind::kAddLearner:
      return is_there && !member->votes && !member->joins;
    case Kind::kRemove:
      return member == nullptr;
    case Kind::kReplace:
      return is_there && is_voter(member) && !membership.contains(request.replaces);
    case Kind::kMove:
      return is_there;
  }
  return false;
}

bool is_addition(const MemberRequest& request) {
  return request.kind == Kind::kAdd || request.kind == Kind::kAddLearner ||
         request.kind == Kind::kReplace;
}

std::optional<std::string> object_to_address(const MemberRequest& request,
                                             const Membership& membership) {
  for (const Member& member : membership.members) {
    if (member.address == request.address && member.id != request.node) {
      return request.address + " is the address of " + name_of(member.id);
    }
  }
  return std::nullopt;
}

std::expected<Membership, std::string> with_learner(Membership membership,
                                                    const MemberRequest& request) {
  const bool joins = request.kind != Kind::kAddLearner;
  if (request.replaces == request.node) {
    return std::unexpected(name_of(request.node) + " can't replace itself");
  }
  if (auto objection = object_to_address(request, membership)) return std::unexpected(*objection);
  if (Member* member = find(membership, request.node)) {
    if (member->address != request.address) {
      return std::unexpected(name_of(request.node) + " is a member already, at " + member->address);
    }
    if (member->votes) {
      return std::unexpected(name_of(request.node) + " is a voter already");
    }
    member->joins = joins;
    member->replaces = request.replaces;
    return membership;
  }
  if (membership.members.size() >= kMembersMax) {
    return std::unexpected("a cluster has at most " + std::to_string(kMembersMax) + " members");
  }
  if (request.replaces && !membership.contains(request.replaces)) {
    return std::unexpected(name_of(request.replaces) + " is no member");
  }
  membership.members.push_back({.id = request.node,
                                .address = request.address,
                                .votes = false,
                                .voted = false,
                                .joins = joins,
                                .replaces = request.replaces});
  std::ranges::sort(membership.members, {}, &Member::id);
  return membership;
}

std::expected<Membership, std::string> without(Membership membership, NodeId node) {
  std::erase_if(membership.members, [node](const Member& member) { return member.id == node; });
  if (std::ranges::none_of(membership.members, &Member::votes)) {
    return std::unexpected("without " + name_of(node) + " there would be no voter");
  }
  return membership;
}

// The next step towards what is asked for, or why there is none.
std::expected<Membership, std::string> target_of(const MemberRequest& request,
                                                 Membership membership) {
  Member* member = find(membership, request.node);
  switch (request.kind) {
    case Kind::kAdd:
    case Kind::kAddLearner:
    case Kind::kReplace:
      return with_learner(std::move(membership), request);
    case Kind::kRemove:
      return without(std::move(membership), request.node);
    case Kind::kPromote:
      if (member == nullptr) return std::unexpected(name_of(request.node) + " is no member");
      member->joins = true;
      return membership;
    case Kind::kMove:
      if (member == nullptr) return std::unexpected(name_of(request.node) + " is no member");
      if (auto objection = object_to_address(request, membership)) {
        return std::unexpected(*objection);
      }
      member->address = request.address;
      return membership;
  }
  return std::unexpected("unknown request");
}

kv::Reply leadership_lost(bool is_begun) {
  return is_begun ? kv::Reply::error(
                        "UNKNOWN this node leads no more; RAFT MEMBERS shows what came of it")
                  : error("this node is not the leader; RAFT STATUS names it");
}

kv::Reply loses_quorum(const Membership& target) {
  const auto voters = std::ranges::count_if(target.members, &Member::votes);
  return error("of the " + std::to_string(voters) +
               " voters that there would be no majority answers; nothing was changed");
}

}  // namespace

void MemberQueue::add(Instant now, RequestKey key, MemberRequest request) {
  waiting_.push_back(
      {.key = key, .request = std::move(request), .deadline = now + config_.member_timeout});
}

void MemberQueue::step(Instant now, raft::Core& core) {
  bool may_change = true;
  std::erase_if(waiting_, [&](Waiting& waiting) {
    auto reply = try_to_finish(now, core, waiting, may_change);
    if (reply) completions_.push_back({waiting.key, std::move(*reply)});
    return reply.has_value();
  });
}

// What is so here may have been changed by a leader of which this one has not heard yet. Nobody
// commits an entry of its own term who has a successor.
bool MemberQueue::is_proved(raft::Core& core, Waiting& waiting) {
  if (waiting.is_begun) return true;
  if (waiting.proof.term != core.term()) {
    const auto index = core.propose(Payload());
    if (index) waiting.proof = {*index, core.term()};
  }
  return waiting.proof.index && waiting.proof.index <= core.commit_index();
}

std::optional<kv::Reply> MemberQueue::try_to_finish(Instant now, raft::Core& core, Waiting& waiting,
                                                    bool& may_change) {
  if (!core.is_leader()) return leadership_lost(waiting.is_begun);
  const Membership& membership = core.membership();
  const bool is_settled = !membership.is_joint() && core.membership_index() <= core.commit_index();
  if (is_settled && is_fulfilled(waiting.request, membership) && is_proved(core, waiting)) {
    return kv::Reply::ok();
  }
  if (now >= waiting.deadline) return too_late(core, waiting);
  if (!is_settled || !may_change || waiting.proof.index) return std::nullopt;
  if (waiting.is_begun && is_addition(waiting.request) &&
      !membership.contains(waiting.request.node)) {
    return error(name_of(waiting.request.node) + " was removed again before it was a voter");
  }
  const auto target = target_of(waiting.request, membership);
  if (!target) return error(target.error());
  if (*target == membership) return std::nullopt;  // it catches up
  const auto changed = core.change_membership(now, *target);
  if (changed) waiting.is_begun = true;
  may_change = false;
  if (!changed && changed.error() == raft::Refusal::kLosesQuorum) return loses_quorum(*target);
  return std::nullopt;
}

kv::Reply MemberQueue::too_late(const raft::Core& core, const Waiting& waiting) const {
  const Member* member = core.membership().find(waiting.request.node);
  if (member == nullptr || !member->joins) {
    return kv::Reply::error("UNKNOWN the change is not committed yet; RAFT MEMBERS shows it");
  }
  const auto matches = core.matches();
  const auto match = matches.find(member->id);
  const std::uint64_t has = match == matches.end() ? 0 : match->second.value();
  return kv::Reply::error("TRYAGAIN " + name_of(member->id) + " is a learner and has " +
                          std::to_string(has) + " of " +
                          std::to_string(core.log().last_index().value()) +
                          " entries; it becomes a voter by itself when it has caught up");
}

void MemberQueue::forget_client(std::uint64_t client) {
  for (Waiting& waiting : waiting_) {
    if (waiting.key.client == client) waiting.key.client = 0;
  }
}

Instant MemberQueue::next_deadline() const {
  Instant first = Instant::max();
  for (const Waiting& waiting : waiting_) first = std::min(first, waiting.deadline);
  return first;
}

}  // namespace holdfast::replica
