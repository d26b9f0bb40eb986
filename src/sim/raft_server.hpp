#pragma once

#include <string>

#include "sim/program.hpp"

namespace holdfast::sim {

// The Raft core alone in a process, as the course tests it: commands go in one by one, and each
// committed entry is told to a listener. What its users call an index counts commands only; the
// no-op with which a leader starts its term is the core's own affair.
class RaftServer final : public Program {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void applied(NodeId node, const raft::Committed& committed) = 0;
  };
  // What the course's Start() returns.
  struct Started {
    std::uint64_t index = 0;  // at which the command is committed, if it ever is
    Term term;
    bool accepted = false;
  };

  RaftServer(raft::Config config, raft::Restored restored, Listener& listener, Instant now)
      : core_(std::move(config), std::move(restored), now), listener_(listener) {}

  Started start_command(std::string command);

  void receive(Instant now, NodeId from, wire::PeerMessage message) override;
  void link_reset(Instant, NodeId peer) override { core_.link_reset(peer); }
  void persisted(Instant now, Ticket ticket) override { core_.persisted(now, ticket); }
  void set_storage_stalled(bool) override {}  // it goes on; what needs the disk waits for it
  Instant next_deadline() const override { return core_.next_deadline(); }
  replica::Output end_turn(Instant now) override;
  bool has_work() const override { return false; }

  const raft::Core& core() const override { return core_; }
  Index applied_index() const override { return applied_index_; }
  std::uint64_t digest() override { return digest_; }
  std::size_t pending_bytes() const override { return 0; }

 private:
  void apply(const raft::Committed& committed);
  std::uint64_t commands_up_to(Index index) const;

  raft::Core core_;
  Listener& listener_;
  Index applied_index_;
  std::uint64_t commands_applied_ = 0;
  std::uint64_t digest_ = 0;  // of all commands applied
};

}  // namespace holdfast::sim
