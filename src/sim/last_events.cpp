#include "sim/last_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/events.hpp"
#include "sim/network.hpp"

namespace holdfast::sim {

namespace {

double in_milliseconds(Duration time) {
  return static_cast<double>(time.count()) / 1000;
}

std::string name_of(NodeId node) {
  return node ? "n" + std::to_string(node.value()) : std::string("all");
}

// Role, term and health: what stands in a line of its own.
bool differs(const SeenNode& a, const SeenNode& b) {
  return a.health != b.health || a.role != b.role || a.term != b.term || a.leader != b.leader;
}

}  // namespace

void LastEvents::add(Instant at, std::variant<Sent, SeenNode, SeenOperation, Line> what) {
  if (events_.size() == count_) events_.pop_front();
  events_.push_back({at, std::move(what)});
}

void LastEvents::message(const SeenMessage& seen) {
  const std::string_view name = sim::name_of(seen.message);
  if (name.starts_with("Heartbeat") && seen.fate == Fate::kArrives) return;
  add(seen.sent, Sent{seen.number, seen.from, seen.to, seen.arrives, seen.fate, name,
                      fields_of(seen.message)});
}

void LastEvents::message_cut(Instant, std::uint64_t number) {
  for (Event& event : events_) {
    auto* sent = std::get_if<Sent>(&event.what);
    if (sent != nullptr && sent->number == number) sent->fate = Fate::kCut;
  }
}

void LastEvents::link(Instant at, NodeId from, NodeId to, bool is_cut) {
  add(at, Line{from, fmt::format("{} -> {} is {}", name_of(from), name_of(to),
                                 is_cut ? "cut" : "whole again")});
}

void LastEvents::node(Instant at, const SeenNode& seen) {
  SeenNode& last = nodes_[seen.id];
  if (last.id && !differs(last, seen)) return;
  last = seen;
  add(at, seen);
}

void LastEvents::fault(Instant at, const std::string& what, NodeId node) {
  add(at, Line{node, "*** " + what});
}

void LastEvents::operation(const SeenOperation& seen) {
  const Instant last = events_.empty() ? seen.called : std::max(events_.back().at, seen.called);
  add(seen.returned.value_or(last), seen);
}

void LastEvents::trace(Instant at, NodeId node, const std::string& line) {
  add(at, Line{node, line});
}

std::vector<std::string> LastEvents::lines() const {
  std::vector<std::string> lines;
  for (const Event& event : events_) {
    lines.push_back(
        fmt::format("{:12.3f} ms  {}", in_milliseconds(event.at - Events::kStart),
                    std::visit([](const auto& what) { return text(what); }, event.what)));
  }
  return lines;
}

std::string LastEvents::text(const Sent& sent) {
  std::string line = fmt::format("{} -> {}  {}", name_of(sent.from), name_of(sent.to), sent.name);
  for (const Field& field : sent.fields) line += fmt::format(" {}={}", field.name, field.value);
  if (sent.fate != Fate::kArrives) return line + fmt::format("  ({})", to_string(sent.fate));
  return line +
         fmt::format("  (arrives at {:.3f})", in_milliseconds(sent.arrives - Events::kStart));
}

std::string LastEvents::text(const SeenNode& node) {
  if (node.health == Health::kDown || node.health == Health::kRefused) {
    return fmt::format("{}  is {}", name_of(node.id), to_string(node.health));
  }
  return fmt::format("{}  is {}, {} in term {}, follows {}, last={} commit={} applied={}",
                     name_of(node.id), to_string(node.health), replica::to_string(node.role),
                     node.term.value(), node.leader ? name_of(node.leader) : "nobody",
                     node.last.value(), node.commit.value(), node.applied.value());
}

std::string LastEvents::text(const SeenOperation& operation) {
  return fmt::format("client {}  {}  ({}, called at {:.3f})", operation.client, operation.command,
                     operation.outcome.empty() ? "outcome unknown" : operation.outcome,
                     in_milliseconds(operation.called - Events::kStart));
}

std::string LastEvents::text(const Line& line) {
  return fmt::format("{}  {}", name_of(line.node), line.text);
}

void Observers::message(const SeenMessage& seen) {
  for (Observer* observer : all_) observer->message(seen);
}

void Observers::message_cut(Instant at, std::uint64_t number) {
  for (Observer* observer : all_) observer->message_cut(at, number);
}

void Observers::link(Instant at, NodeId from, NodeId to, bool is_cut) {
  for (Observer* observer : all_) observer->link(at, from, to, is_cut);
}

void Observers::node(Instant at, const SeenNode& seen) {
  for (Observer* observer : all_) observer->node(at, seen);
}

void Observers::fault(Instant at, const std::string& what, NodeId node) {
  for (Observer* observer : all_) observer->fault(at, what, node);
}

void Observers::operation(const SeenOperation& seen) {
  for (Observer* observer : all_) observer->operation(seen);
}

void Observers::trace(Instant at, NodeId node, const std::string& line) {
  for (Observer* observer : all_) observer->trace(at, node, line);
}

}  // namespace holdfast::sim
