#pragma once

#include "sim/scenarios/raft_suite.hpp"

namespace holdfast::sim {

// RaftSuite::one as it goes on in events. It lives until it is done, or no event runs any more.
class Agreement {
 public:
  // `client` tells those that go on at once apart, for an observer.
  Agreement(RaftSuite& raft, std::uint64_t client, Command command, std::size_t servers,
            Retry retry);
  Agreement(const Agreement&) = delete;
  Agreement& operator=(const Agreement&) = delete;

  void begin() { offer(); }
  bool is_done() const { return done_; }
  std::uint64_t index() const { return index_; }

 private:
  void offer();
  bool is_accepted();
  void poll();
  bool is_reached() const;
  [[noreturn]] void fail() const;
  void tell(const std::string& outcome) const;
  void after(Duration pause, void (Agreement::*then)());

  RaftSuite& raft_;
  std::uint64_t client_;
  Command command_;
  std::size_t servers_;
  Retry retry_;
  Instant begun_;
  Instant accepted_;
  std::size_t next_ = 1;  // who is asked first
  NodeId accepted_by_;
  std::uint64_t index_ = 0;
  bool done_ = false;
};

}  // namespace holdfast::sim
