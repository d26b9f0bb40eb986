#pragma once

#include <deque>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "sim/message_fields.hpp"
#include "sim/observer.hpp"

namespace holdfast::sim {

// The last things that happened in a run, for the report of a violation. Heartbeats that arrive,
// and changes of an index alone, are passed over: they would push out all the rest.
class LastEvents final : public Observer {
 public:
  explicit LastEvents(std::size_t count = 60) : count_(count) {}

  void message(const SeenMessage& seen) override;
  void message_cut(Instant at, std::uint64_t number) override;
  void link(Instant at, NodeId from, NodeId to, bool is_cut) override;
  void node(Instant at, const SeenNode& seen) override;
  void fault(Instant at, const std::string& what, NodeId node) override;
  void operation(const SeenOperation& seen) override;
  void trace(Instant at, NodeId node, const std::string& line) override;

  // One line each, oldest first, without line ends: `  1234.567 ms  n1 -> n3  AppendEntries …`.
  std::vector<std::string> lines() const;

 private:
  // Made into text only when asked for: a run has millions.
  struct Sent {
    std::uint64_t number = 0;
    NodeId from, to;
    Instant arrives;
    Fate fate = Fate::kArrives;
    std::string_view name;
    Fields fields;
  };
  struct Line {
    NodeId node;
    std::string text;
  };
  struct Event {
    Instant at;
    std::variant<Sent, SeenNode, SeenOperation, Line> what;
  };
  void add(Instant at, std::variant<Sent, SeenNode, SeenOperation, Line> what);
  static std::string text(const Sent& sent);
  static std::string text(const SeenNode& node);
  static std::string text(const SeenOperation& operation);
  static std::string text(const Line& line);

  std::size_t count_;
  std::deque<Event> events_;
  std::map<NodeId, SeenNode> nodes_;
};

// Several observers of one run.
class Observers final : public Observer {
 public:
  void add(Observer& observer) { all_.push_back(&observer); }

  void message(const SeenMessage& seen) override;
  void message_cut(Instant at, std::uint64_t number) override;
  void link(Instant at, NodeId from, NodeId to, bool is_cut) override;
  void node(Instant at, const SeenNode& seen) override;
  void fault(Instant at, const std::string& what, NodeId node) override;
  void operation(const SeenOperation& seen) override;
  void trace(Instant at, NodeId node, const std::string& line) override;

 private:
  std::vector<Observer*> all_;
};

}  // namespace holdfast::sim
