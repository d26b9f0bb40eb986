#include "explore/model.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace holdfast::explore {

namespace {

using Kind = Input::Kind;

std::span<const MessageRef> in_flight(const State& state) {
  const auto end = std::ranges::find(state.messages, MessageRef::kNone);
  return {state.messages.begin(), end};
}

using Order = std::array<std::uint8_t, kNodesMax>;

// Goes through all orders of nodes that `value` takes to the same, from their rising one. False
// after the last.
bool next_order_of_equals(std::span<std::uint8_t> nodes, const auto& value) {
  for (auto begin = nodes.begin(); begin != nodes.end();) {
    const auto end = std::find_if(begin, nodes.end(),
                                  [&](std::uint8_t node) { return value(node) != value(*begin); });
    if (std::next_permutation(begin, end)) return true;
    begin = end;
  }
  return false;
}

// A set of nodes as bits.
std::uint64_t renamed(std::uint8_t nodes, const Renaming& rename) {
  std::uint64_t to = 0;
  for (std::uint64_t id = 1; id <= kNodesMax; ++id) {
    if ((nodes >> (id - 1) & 1) != 0) to |= std::uint64_t{1} << rename(NodeId(id)).value();
  }
  return to;
}

void remove(State& state, MessageRef message) {
  const auto rest = std::ranges::remove(state.messages, message);
  std::ranges::fill(rest, MessageRef::kNone);
}

}  // namespace

State Model::initial() {
  State state;
  state.messages.fill(MessageRef::kNone);
  for (std::size_t i = 0; i < bounds_.nodes; ++i) {
    state.nodes[i] = universe_.first_start(NodeId(i + 1));
  }
  state.voters = universe_.look(state.nodes[0]).voters;
  return state;
}

void Model::expand(const State& state, std::vector<Successor>& successors) {
  successors.clear();
  deliver_all(state, successors);
  for (std::size_t node = 0; node < bounds_.nodes; ++node) act(state, node, successors);
}

void Model::deliver_all(const State& state, std::vector<Successor>& successors) {
  for (const MessageRef message : in_flight(state)) {
    const auto node = static_cast<std::uint8_t>(universe_.look(message).to - 1);
    const Input input{Kind::kDeliver, static_cast<std::uint32_t>(message)};
    State next = state;
    remove(next, message);
    take(next, {node, false, input}, successors);
    if (state.spent.duplicates == bounds_.duplicates) continue;
    next = state;
    ++next.spent.duplicates;
    take(next, {node, true, input}, successors);
  }
}

void Model::act(const State& state, std::size_t node, std::vector<Successor>& successors) {
  const Look look = universe_.look(state.nodes[node]);  // a copy: turns add nodes
  const auto try_input = [&](Kind kind, std::size_t argument, std::uint8_t Spent::*spent,
                             std::size_t bound) {
    if (spent != nullptr && state.spent.*spent == bound) return;
    State next = state;
    if (spent != nullptr) ++(next.spent.*spent);
    take(next,
         {static_cast<std::uint8_t>(node), false, {kind, static_cast<std::uint32_t>(argument)}},
         successors);
  };
  if (look.writing > 0) try_input(Kind::kFinishWrite, 0, nullptr, 0);
  if (look.leads || look.term < bounds_.terms) try_input(Kind::kTimeout, 0, nullptr, 0);
  if (look.leads) try_input(Kind::kPropose, 0, &Spent::proposals, bounds_.proposals);
  const auto committed = std::ranges::find(state.chosen, Chosen{}) - state.chosen.begin();
  try_input(Kind::kRead, static_cast<std::size_t>(committed), &Spent::reads, bounds_.reads);
  for (std::size_t finished = 0; finished <= look.writing; ++finished) {
    try_input(Kind::kCrash, Crash{finished}.argument(), &Spent::crashes, bounds_.crashes);
    if (!look.has_received) continue;
    try_input(Kind::kCrash, Crash{finished, true}.argument(), &Spent::crashes, bounds_.crashes);
  }
  for (std::size_t to = 0; look.leads && look.term < bounds_.terms && to < bounds_.nodes; ++to) {
    if (to != node) try_input(Kind::kTransfer, to + 1, &Spent::transfers, bounds_.transfers);
  }
  for (std::size_t voters = 1; look.leads && voters < 1u << bounds_.nodes; ++voters) {
    try_input(Kind::kChange, voters, &Spent::changes, bounds_.changes);
  }
  for (std::size_t last = look.snapshot + 1u; last <= look.commit; ++last) {
    try_input(Kind::kSnapshot, last, &Spent::snapshots, bounds_.snapshots);
  }
  if (look.has_received) return try_input(Kind::kInstall, 0, nullptr, 0);
  // As hosts do: from the leader of this term, if it says so.
  if (look.leader == 0 || look.leads) return;
  const Look& leader = universe_.look(state.nodes[look.leader - 1u]);
  const bool is_behind = (leader.behind >> node & 1) != 0;
  if (leader.leads && leader.term == look.term && is_behind && leader.snapshot > look.commit) {
    try_input(Kind::kReceive, static_cast<std::size_t>(leader.snapshot_ref), nullptr, 0);
  }
}

// `state` is already without what the step uses up.
void Model::take(State state, Step step, std::vector<Successor>& successors) {
  NodeRef& node = state.nodes[step.node];
  const Turn turn = universe_.turn(node, step.input);
  const bool same_node = turn.next == node;
  node = turn.next;
  if (turn.broken != 0) {
    successors.push_back({step, state, universe_.broken(turn)});
    return;
  }
  const auto before = in_flight(state);
  const bool nothing_new = std::ranges::all_of(universe_.sent(turn), [&](MessageRef message) {
    return std::ranges::binary_search(before, message);
  });
  if (same_node && nothing_new) return;  // less than before is possible now, and nothing else
  const std::string_view broken = record_and_check(state, step.node, universe_, bounds_);
  send(state, turn);
  keep_each_choice({step, state, broken}, successors);
}

void Model::send(const State& state, const Turn& turn) {
  const auto before = in_flight(state);
  in_flight_.assign(before.begin(), before.end());
  const auto sent = universe_.sent(turn);
  in_flight_.insert(in_flight_.end(), sent.begin(), sent.end());
  std::erase_if(in_flight_, [&](MessageRef message) { return !is_heeded(state, message); });
  std::ranges::sort(in_flight_);
  const auto repeated = std::ranges::unique(in_flight_);
  in_flight_.erase(repeated.begin(), repeated.end());
}

bool Model::is_heeded(const State& state, MessageRef message) const {
  const MessageLook& look = universe_.look(message);
  if (look.starts_term && look.term >= bounds_.terms) return false;
  return !look.is_answer || look.term >= universe_.look(state.nodes[look.to - 1u]).term;
}

void Model::keep_each_choice(const Successor& base, std::vector<Successor>& successors) {
  const std::size_t count = in_flight_.size();
  const std::size_t kept = std::min(count, bounds_.messages);
  for (std::uint32_t choice = 0; choice < (1u << count); ++choice) {
    if (static_cast<std::size_t>(std::popcount(choice)) != kept) continue;
    Successor& successor = successors.emplace_back(base);
    successor.state.messages.fill(MessageRef::kNone);
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if ((choice >> i & 1) != 0) successor.state.messages[at++] = in_flight_[i];
    }
  }
}

Fingerprint Model::fingerprint(const State& state, std::size_t renaming) {
  const Renaming& rename = universe_.renamings()[renaming];
  const auto new_place = [&](std::size_t id) { return rename(NodeId(id)).value() - 1; };
  std::array<std::uint64_t, kNodesMax + kMessagesMax + 5> words{};
  for (std::size_t i = 0; i < bounds_.nodes; ++i) {
    words[new_place(i + 1)] = universe_.fingerprint(state.nodes[i], renaming);
  }
  std::size_t at = bounds_.nodes;
  for (const MessageRef message : in_flight(state)) {
    words[at++] = universe_.fingerprint(message, renaming);
  }
  std::sort(words.begin() + static_cast<std::ptrdiff_t>(bounds_.nodes),
            words.begin() + static_cast<std::ptrdiff_t>(at));
  std::array<std::uint8_t, kTermsMax> leader_of{};
  for (std::size_t i = 0; i < bounds_.terms; ++i) {
    leader_of[i] = static_cast<std::uint8_t>(rename(NodeId(state.leader_of[i])).value());
  }
  words[at++] = std::bit_cast<std::uint64_t>(leader_of);
  for (const std::uint64_t half : std::bit_cast<std::array<std::uint64_t, 2>>(state.chosen)) {
    words[at++] = half;
  }
  const Spent& spent = state.spent;
  words[at++] = std::bit_cast<std::uint64_t>(
      std::array<std::uint8_t, 8>{spent.proposals, spent.crashes, spent.duplicates, spent.reads,
                                  spent.transfers, spent.changes, spent.snapshots, 0});
  words[at++] = renamed(state.voters.votes, rename) << 8 | renamed(state.voters.voted, rename);
  return checksum({reinterpret_cast<const char*>(words.data()), at * sizeof(words[0])});
}

// Names the nodes in the order of their nameless fingerprints. Of the orders of nodes that have
// the same, the one with the least fingerprint of all counts.
Fingerprint Model::fingerprint(const State& state) {
  Order order{};
  const std::span<std::uint8_t> nodes(order.data(), bounds_.nodes);
  std::iota(nodes.begin(), nodes.end(), std::uint8_t{0});
  const auto nameless = [&](std::uint8_t node) { return universe_.nameless(state.nodes[node]); };
  std::ranges::stable_sort(nodes, {}, nameless);
  Fingerprint least = fingerprint(state, universe_.renaming_of(nodes));
  while (next_order_of_equals(nodes, nameless)) {
    least = std::min(least, fingerprint(state, universe_.renaming_of(nodes)));
  }
  return least;
}

}  // namespace holdfast::explore
