#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sim/events.hpp"
#include "sim/message_fields.hpp"
#include "sim/observer.hpp"

namespace holdfast::sim {

// Records a run for its page. Memory is bounded: at a limit the oldest goes first, so that the end
// of a run, where a violation is, is always complete; gaps() says what is missing.
class Timeline final : public Observer {
 public:
  struct Limits {
    std::size_t messages = 500'000;
    std::size_t states = 300'000;
    std::size_t operations = 300'000;
    std::size_t lines = 50'000;    // of faults and of traces, each
    std::size_t text_bytes = 400;  // of one command, outcome or line; cut in the middle
  };

  struct Kind {
    std::string_view name;
    std::vector<std::string_view> fields;
  };
  struct Message {
    std::uint64_t number = 0;
    Instant sent, arrives;
    NodeId from, to;
    std::uint8_t kind = 0;  // of kinds()
    Fate fate = Fate::kArrives;
    std::array<std::uint64_t, kFieldsMax> values{};
  };
  struct State {
    Instant at;
    SeenNode node;
  };
  struct Link {
    Instant at;
    NodeId from, to;
    bool is_cut = false;
  };
  struct Line {
    Instant at;
    NodeId node;
    std::string text;
  };
  // What is not in the record.
  struct Gaps {
    Instant messages_from = Events::kStart;    // earlier ones are gone
    Instant heartbeats_from = Events::kStart;  // gone first; no earlier than messages_from
    Instant states_from = Events::kStart;
    Duration state_resolution{0};  // changes of an index alone within such a time are one
    Instant operations_from = Events::kStart;
    Instant faults_from = Events::kStart;
    Instant traces_from = Events::kStart;
  };

  Timeline() = default;
  explicit Timeline(const Limits& limits) : limits_(limits) {}

  void message(const SeenMessage& seen) override;
  void message_cut(Instant at, std::uint64_t number) override;
  void link(Instant at, NodeId from, NodeId to, bool is_cut) override;
  void node(Instant at, const SeenNode& seen) override;
  void fault(Instant at, const std::string& what, NodeId node) override;
  void operation(const SeenOperation& seen) override;
  void trace(Instant at, NodeId node, const std::string& line) override;

  // In the order of time, but for operations: they are in the order of their ends.
  const std::vector<Kind>& kinds() const { return kinds_; }
  const std::vector<Message>& messages() const { return messages_; }
  const std::vector<State>& states() const { return states_; }
  const std::vector<Link>& links() const { return links_; }
  const std::vector<SeenOperation>& operations() const { return operations_; }
  const std::vector<Line>& faults() const { return faults_; }
  const std::vector<Line>& traces() const { return traces_; }
  const Gaps& gaps() const { return gaps_; }
  std::uint64_t messages_seen() const { return messages_seen_; }
  Instant end() const { return end_; }  // the last that happened

 private:
  std::uint8_t kind_of(std::string_view name, const Fields& fields);
  bool is_heartbeat(const Message& message) const;
  void thin_messages();
  void merge_links();
  void thin_states();
  void merge_states(Duration resolution);
  std::string cut(const std::string& text) const;
  void reach(Instant at) { end_ = std::max(end_, at); }

  Limits limits_;
  std::vector<Kind> kinds_;
  std::vector<Message> messages_;
  std::vector<State> states_;
  std::vector<Link> links_;
  std::vector<SeenOperation> operations_;
  std::vector<Line> faults_;
  std::vector<Line> traces_;
  Gaps gaps_;
  std::uint64_t messages_seen_ = 0;
  Instant end_ = Events::kStart;
};

}  // namespace holdfast::sim
