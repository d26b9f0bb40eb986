#include "explore/universe.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.hpp"

namespace holdfast::explore {

namespace {

std::vector<Renaming> permutations(std::size_t nodes) {
  std::vector<std::uint64_t> ids(nodes);
  std::iota(ids.begin(), ids.end(), 1);
  std::vector<Renaming> all;
  do {
    Renaming& renaming = all.emplace_back();
    for (std::size_t i = 0; i < nodes; ++i) renaming.set(NodeId(i + 1), NodeId(ids[i]));
  } while (std::ranges::next_permutation(ids).found);
  return all;
}

// To `self` and others, whoever they are.
Renaming nameless_for(NodeId self) {
  Renaming renaming;
  for (std::uint64_t id = 1; id <= kNodesMax; ++id) renaming.set(NodeId(id), NodeId(2));
  renaming.set(self, NodeId(1));
  return renaming;
}

Fingerprint fingerprint_of(const raft::Envelope& envelope, const Renaming& renaming) {
  Hasher hasher(renaming, Ticket());
  hasher(envelope);
  return hasher.result();
}

template <class Tag>
std::uint8_t small(Strong<Tag> number) {
  CHECK(number.value() < kInSnapshot);
  return static_cast<std::uint8_t>(number.value());
}

// In a set of nodes as bits.
std::uint8_t with(std::uint8_t nodes, NodeId node) {
  return static_cast<std::uint8_t>(nodes | 1u << (node.value() - 1));
}

std::array<std::uint8_t, kEntriesMax> terms(const raft::Log& log) {
  CHECK(log.last_index().value() <= kEntriesMax);
  std::array<std::uint8_t, kEntriesMax> terms{};
  for (std::uint64_t i = 1; i <= log.last_index().value(); ++i) {
    const auto term = log.term_at(Index(i));
    terms[i - 1] = term ? small(*term) : kInSnapshot;
  }
  return terms;
}

Voters voters_of(const raft::Membership& membership) {
  Voters voters;
  for (const raft::Member& member : membership.members) {
    if (member.votes) voters.votes = with(voters.votes, member.id);
    if (member.voted) voters.voted = with(voters.voted, member.id);
  }
  return voters;
}

bool is_change(const raft::Log& log, Index index) {
  return index > log.base().index && log.at(index).kind == raft::EntryKind::kMembership;
}

Look look_at(const Node& node) {
  const auto& core = node.core;
  const raft::Log written = recovered(node.disk);
  Look look{.term = small(core.term()),
            .commit = small(core.commit_index()),
            .log_size = small(core.log().last_index()),
            .disk_size = small(written.last_index()),
            .writing = static_cast<std::uint8_t>(node.writing.size()),
            .leads = core.is_leader(),
            .log = terms(core.log()),
            .disk = terms(written),
            .leader = small(core.leader()),
            .snapshot = small(node.disk.snapshot.last.index),
            .has_received = node.received.has_value(),
            .voters = voters_of(core.membership_at(core.commit_index())),
            .is_change_last = is_change(core.log(), core.commit_index())};
  for (const NodeId peer : core.peers_behind_log()) look.behind = with(look.behind, peer);
  return look;
}

MessageLook look_at(const raft::Envelope& envelope) {
  const auto& message = envelope.message;
  const Term term = std::visit([](const auto& m) { return m.term; }, message);
  return {.from = static_cast<std::uint8_t>(envelope.from.value()),
          .to = static_cast<std::uint8_t>(envelope.to.value()),
          .term = static_cast<std::uint8_t>(term.value()),
          .is_answer = std::holds_alternative<raft::VoteResponse>(message) ||
                       std::holds_alternative<raft::AppendResponse>(message) ||
                       std::holds_alternative<raft::HeartbeatResponse>(message) ||
                       std::holds_alternative<raft::ReadIndexResponse>(message),
          .starts_term = std::holds_alternative<raft::TimeoutNow>(message)};
}

std::uint64_t key_of(NodeRef node, Input input) {
  CHECK(input.argument < (1u << 28));
  return static_cast<std::uint64_t>(node) << 32 | static_cast<std::uint64_t>(input.kind) << 28 |
         input.argument;
}

}  // namespace

Universe::Universe(const Bounds& bounds)
    : bounds_(bounds), renamings_(permutations(bounds.nodes)) {}

std::size_t Universe::renaming_of(std::span<const std::uint8_t> order) const {
  std::array<std::uint8_t, kNodesMax> to{};
  for (std::size_t place = 0; place < order.size(); ++place) {
    to[order[place]] = static_cast<std::uint8_t>(place);
  }
  // They are in lexicographic order, so that this one's number is its Lehmer code.
  std::size_t number = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto smaller = std::count_if(to.begin() + static_cast<std::ptrdiff_t>(i),
                                       to.begin() + static_cast<std::ptrdiff_t>(order.size()),
                                       [&](std::uint8_t later) { return later < to[i]; });
    number = number * (order.size() - i) + static_cast<std::size_t>(smaller);
  }
  return number;
}

NodeRef Universe::first_start(NodeId id) {
  return intern(explore::first_start(id, bounds_));
}

Turn Universe::turn(NodeRef node, Input input) {
  const auto [known, is_new] = turns_.try_emplace(key_of(node, input));
  if (!is_new) return known->second;
  Outcome outcome = take_turn(this->node(node), input, given(input), bounds_);
  Turn& turn = known->second;
  turn.sent_from = static_cast<std::uint32_t>(sent_.size());
  for (const raft::Envelope& envelope : outcome.sent) sent_.push_back(intern(envelope));
  turn.sent_count = static_cast<std::uint16_t>(outcome.sent.size());
  turn.broken = intern(outcome.broken);
  turn.next = outcome.broken.empty() ? intern(std::move(outcome.node)) : node;
  return turn;
}

Given Universe::given(Input input) const {
  Given given;
  if (input.kind == Input::Kind::kDeliver) given.message = &message(MessageRef{input.argument});
  if (input.kind == Input::Kind::kReceive) given.snapshot = &snapshot(SnapshotRef{input.argument});
  return given;
}

SnapshotRef Universe::intern(const Received& snapshot) {
  const auto known = std::ranges::find(snapshots_, snapshot);
  const auto at = SnapshotRef(known - snapshots_.begin());
  if (known == snapshots_.end()) snapshots_.push_back(snapshot);
  return at;
}

NodeRef Universe::intern(Node node) {
  const Fingerprint own = node.fingerprint(renamings_[0]);
  const auto [known, is_new] = node_refs_.try_emplace(own, NodeRef(nodes_.size()));
  if (is_new) {
    std::vector<Fingerprint> names(renamings_.size());
    names[0] = own;
    Look& look = looks_.emplace_back(look_at(node));
    look.snapshot_ref = intern(Received{node.core.id(), node.disk.snapshot});
    const Fingerprint nameless = node.fingerprint(nameless_for(node.core.id()));
    nodes_.push_back({std::move(node), nameless, std::move(names)});
  }
  return known->second;
}

MessageRef Universe::intern(const raft::Envelope& envelope) {
  const Fingerprint own = fingerprint_of(envelope, renamings_[0]);
  const auto [known, is_new] = message_refs_.try_emplace(own, MessageRef(messages_.size()));
  if (is_new) {
    std::vector<Fingerprint> names(renamings_.size());
    names[0] = own;
    message_looks_.push_back(look_at(envelope));
    messages_.push_back({envelope, std::move(names)});
  }
  return known->second;
}

std::uint16_t Universe::intern(const std::string& broken) {
  const auto known = std::ranges::find(broken_, broken);
  const auto at = static_cast<std::uint16_t>(known - broken_.begin());
  if (known == broken_.end()) broken_.push_back(broken);
  return at;
}

Fingerprint Universe::fingerprint(NodeRef ref, std::size_t renaming) {
  StoredNode& stored = nodes_[index(ref)];
  Fingerprint& name = stored.names[renaming];
  if (name == 0) name = stored.node.fingerprint(renamings_[renaming]);
  return name;
}

Fingerprint Universe::fingerprint(MessageRef ref, std::size_t renaming) {
  StoredMessage& stored = messages_[index(ref)];
  Fingerprint& name = stored.names[renaming];
  if (name == 0) name = fingerprint_of(stored.envelope, renamings_[renaming]);
  return name;
}

}  // namespace holdfast::explore
