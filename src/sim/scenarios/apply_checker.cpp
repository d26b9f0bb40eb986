#include "sim/scenarios/apply_checker.hpp"

#include <algorithm>
#include <span>

#include "sim/scenario.hpp"

namespace holdfast::sim {

namespace {

std::string what_of(NodeId node, std::uint64_t index) {
  return "server " + std::to_string(node.value()) + ", index " + std::to_string(index);
}

}  // namespace

void ApplyChecker::applied(NodeId node, const raft::Committed& committed) {
  Node& seen = nodes_[node];
  if (committed.index != seen.last.next()) {
    throw ScenarioFailure("applied out of order: " + what_of(node, committed.index.value()));
  }
  seen.last = committed.index;
  if (committed.entry.kind != raft::EntryKind::kCommand) return;
  const std::uint64_t index = ++seen.commands;
  const std::string_view command = committed.entry.payload.view();
  if (index > commands_.size()) {
    commands_.emplace_back(command);
  } else if (commands_[index - 1] != command) {
    throw ScenarioFailure("two commands applied at one index: " + what_of(node, index));
  }
  seen.furthest = std::max(seen.furthest, index);
}

void ApplyChecker::installed(NodeId node, raft::Position announced, const RaftSnapshot& snapshot) {
  Node& seen = nodes_[node];
  const raft::Position last = snapshot.meta.last;
  const std::string what = what_of(node, snapshot.commands.size());
  if (last != announced) throw ScenarioFailure("a snapshot of another index: " + what);
  if (last.index <= seen.last) throw ScenarioFailure("a snapshot of the past: " + what);
  const bool is_known =
      snapshot.commands.size() <= commands_.size() &&
      std::ranges::equal(snapshot.commands, std::span(commands_).first(snapshot.commands.size()));
  if (!is_known) throw ScenarioFailure("a snapshot of what nobody has applied: " + what);
  if (seen.last) ++received_;
  seen.last = last.index;
  seen.commands = snapshot.commands.size();
  seen.furthest = std::max(seen.furthest, seen.commands);
}

std::size_t ApplyChecker::servers_at(std::uint64_t index) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      nodes_, [index](const auto& node) { return node.second.furthest >= index; }));
}

const std::string* ApplyChecker::command_at(std::uint64_t index) const {
  return index == 0 || index > commands_.size() ? nullptr : &commands_[index - 1];
}

}  // namespace holdfast::sim
