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

std::array<std::uint8_t, kEntriesMax> terms(std::span<const raft::Entry> entries) {
  CHECK(entries.size() <= kEntriesMax);
  std::array<std::uint8_t, kEntriesMax> terms{};
  std::ranges::transform(entries, terms.begin(), [](const raft::Entry& entry) {
    return static_cast<std::uint8_t>(entry.term.value());
  });
  return terms;
}

Look look_at(const Node& node) {
  const auto& log = node.core.log();
  return {.term = static_cast<std::uint8_t>(node.core.term().value()),
          .commit = static_cast<std::uint8_t>(node.core.commit_index().value()),
          .log_size = static_cast<std::uint8_t>(log.last_index().value()),
          .disk_size = static_cast<std::uint8_t>(node.disk.entries.size()),
          .writing = static_cast<std::uint8_t>(node.writing.size()),
          .leads = node.core.is_leader(),
          .log = terms(log.from(Index(1))),
          .disk = terms(node.disk.entries)};
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
                       std::holds_alternative<raft::ReadIndexResponse>(message)};
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
  const raft::Envelope* message =
      input.kind == Input::Kind::kDeliver ? &this->message(MessageRef{input.argument}) : nullptr;
  Outcome outcome = take_turn(this->node(node), input, message, bounds_);
  Turn& turn = known->second;
  turn.sent_from = static_cast<std::uint32_t>(sent_.size());
  for (const raft::Envelope& envelope : outcome.sent) sent_.push_back(intern(envelope));
  turn.sent_count = static_cast<std::uint16_t>(outcome.sent.size());
  turn.broken = intern(outcome.broken);
  turn.next = outcome.broken.empty() ? intern(std::move(outcome.node)) : node;
  return turn;
}

NodeRef Universe::intern(Node node) {
  const Fingerprint own = node.fingerprint(renamings_[0]);
  const auto [known, is_new] = node_refs_.try_emplace(own, NodeRef(nodes_.size()));
  if (is_new) {
    std::vector<Fingerprint> names(renamings_.size());
    names[0] = own;
    looks_.push_back(look_at(node));
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
