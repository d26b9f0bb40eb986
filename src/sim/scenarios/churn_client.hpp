#pragma once

#include <string>
#include <vector>

#include "sim/scenarios/raft_suite.hpp"

namespace holdfast::sim {

// A client of the course's churn tests: starts a command on every server that runs and looks a few
// times whether it was committed; then the next one, until it is stopped.
class ChurnClient {
 public:
  ChurnClient(RaftSuite& raft, int number) : raft_(raft), number_(number) {}
  ChurnClient(const ChurnClient&) = delete;
  ChurnClient& operator=(const ChurnClient&) = delete;

  void begin();
  // It finishes what it has begun.
  void stop() { stopped_ = true; }
  bool is_done() const { return done_; }
  // What it saw committed.
  const std::vector<std::string>& committed() const { return committed_; }

 private:
  void next_after(Duration pause);
  bool start_everywhere();
  void look(std::size_t times);

  RaftSuite& raft_;
  int number_;
  std::string command_;
  std::uint64_t index_ = 0;
  std::vector<std::string> committed_;
  bool stopped_ = false;
  bool done_ = false;
};

}  // namespace holdfast::sim
