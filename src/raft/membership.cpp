#include "raft/membership.hpp"

#include "base/codec.hpp"

namespace holdfast::raft {

namespace {

constexpr std::uint8_t kMembershipVersion = 1;
enum Flag : std::uint8_t { kVotes = 1, kVoted = 2, kLeaves = 4, kJoins = 8 };
constexpr std::uint8_t kFlags = kVotes | kVoted | kLeaves | kJoins;

std::uint8_t flags_of(const Member& member) {
  return static_cast<std::uint8_t>((member.votes ? kVotes : 0) | (member.voted ? kVoted : 0) |
                                   (member.leaves ? kLeaves : 0) | (member.joins ? kJoins : 0));
}

bool is_well_formed(const Membership& membership) {
  const auto& members = membership.members;
  const auto follows = [](const Member& a, const Member& b) { return a.id >= b.id; };
  if (std::ranges::adjacent_find(members, follows) != members.end()) return false;
  return members.empty() || (std::ranges::any_of(members, &Member::votes) &&
                             std::ranges::any_of(members, &Member::voted));
}

}  // namespace

Membership Membership::of(std::span<const NodeId> voters) {
  Membership membership;
  for (const NodeId voter : voters) membership.members.push_back({.id = voter});
  std::ranges::sort(membership.members, {}, &Member::id);
  return membership;
}

const Member* Membership::find(NodeId node) const {
  const auto at = std::ranges::lower_bound(members, node, {}, &Member::id);
  return at == members.end() || at->id != node ? nullptr : &*at;
}

bool Membership::is_voter(NodeId node) const {
  const Member* member = find(node);
  return member != nullptr && (member->votes || member->voted);
}

bool Membership::is_joint() const {
  return std::ranges::any_of(members, [](const Member& m) { return m.votes != m.voted; });
}

Membership Membership::after_change() const {
  Membership after;
  for (const Member& member : members) {
    if (member.leaves) continue;
    after.members.push_back(member);
    after.members.back().voted = member.votes;
  }
  return after;
}

std::string encode(const Membership& membership) {
  std::string bytes;
  Writer out(bytes);
  out.put(kMembershipVersion);
  out.put(static_cast<std::uint32_t>(membership.members.size()));
  for (const Member& member : membership.members) {
    out.put(member.id);
    out.put(flags_of(member));
    out.put(member.replaces);
    out.put_bytes(member.address);
  }
  return bytes;
}

std::optional<Membership> decode_membership(std::string_view bytes) {
  Reader in(bytes);
  if (in.u8() != kMembershipVersion) return std::nullopt;
  Membership membership;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    Member& member = membership.members.emplace_back();
    member.id = in.id<NodeId>();
    const std::uint8_t flags = in.u8();
    member.votes = (flags & kVotes) != 0;
    member.voted = (flags & kVoted) != 0;
    member.leaves = (flags & kLeaves) != 0;
    member.joins = (flags & kJoins) != 0;
    member.replaces = in.id<NodeId>();
    member.address = in.bytes();
    if (!member.id || (flags & ~kFlags) != 0) return std::nullopt;
  }
  if (!in.finished() || !is_well_formed(membership)) return std::nullopt;
  return membership;
}

std::string to_string(const Membership& membership) {
  std::string text;
  for (const Member& member : membership.members) {
    if (!text.empty()) text += ",";
    text += std::to_string(member.id.value()) + "=" + member.address;
    if (member.votes != member.voted) text += member.votes ? " (becomes a voter)" : " (steps back)";
    if (!member.votes && !member.voted) text += member.joins ? " (joins)" : " (learner)";
  }
  return text;
}

}  // namespace holdfast::raft
