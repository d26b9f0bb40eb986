#pragma once

#include <map>
#include <string>
#include <vector>

#include "lincheck/history.hpp"
#include "resp/value.hpp"
#include "sim/cluster.hpp"

namespace holdfast::sim {

// Operations of all clients of a run, as they went; for the checker, and for those who watch.
class Recorder {
 public:
  using OperationId = std::size_t;

  explicit Recorder(Cluster& cluster) : cluster_(cluster) {}

  // What expires does so after the time that its `expires_ns` is, by a clock that may jump: so it
  // may be gone at once, unless the time is longer than any run.
  OperationId began(lincheck::Operation operation);
  void asked(OperationId id, NodeId node) { records_[id].node = node; }
  // The answer came. Throws a violation if it is not an answer to this operation.
  void answered(OperationId id, const resp::Value& reply);
  // Nobody will ever know.
  void lost(OperationId id);
  // It certainly was not executed; should it have been, the checker will find its trace.
  void refused(OperationId id, const std::string& why);

  // Shows the observer what is still under way: for the end of a run.
  void show_open() const;

  Instant called_at(OperationId id) const { return records_[id].called; }
  // Without what was refused.
  lincheck::History history() const;
  // Appended texts by key: acknowledged, of unknown outcome, refused.
  struct Appends {
    std::vector<std::string> acknowledged, unknown, refused;
  };
  std::map<std::string, Appends> appends() const;

  std::size_t size() const { return records_.size(); }
  std::size_t acknowledged() const { return acknowledged_; }
  std::size_t unknown() const { return unknown_; }
  std::size_t refused() const { return refused_; }

 private:
  enum class State : std::uint8_t { kOpen, kAnswered, kLost, kRefused };
  struct Record {
    lincheck::Operation operation;
    State state = State::kOpen;
    NodeId node;
    Instant called;
  };
  void see(const Record& record, const std::string& outcome) const;

  Cluster& cluster_;
  std::vector<Record> records_;
  std::size_t acknowledged_ = 0;
  std::size_t unknown_ = 0;
  std::size_t refused_ = 0;
};

// No clock of a run goes so far.
inline constexpr Duration kLongLife = std::chrono::hours(1);

// As a client sends it, before it began.
std::vector<std::string> command_of(const lincheck::Operation& operation);
bool is_read(const lincheck::Operation& operation);
// The text of an error reply; null if it is none.
const std::string* error_text(const resp::Value& reply);
// Errors that say: certainly not executed, for a reason that passes.
bool is_passing_error(const std::string& error);
bool is_unknown_error(const std::string& error);

}  // namespace holdfast::sim
