#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/program.hpp"
#include "sim/raft_snapshot.hpp"

namespace holdfast::sim {

// The Raft core alone in a process, as the course tests it: commands go in one by one, and each
// committed entry is told to a listener. What its users call an index counts commands only; the
// no-op with which a leader starts its term is the core's own affair.
//
// Its state is the commands that it has applied. Snapshots of it, if it is to make any, are kept by
// the listener, whole and at once, as by the course's persister, and travel as one message, which
// is repeated until the follower's log goes on behind it.
class RaftServer final : public Program {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void applied(NodeId node, const raft::Committed& committed) = 0;
    // The server starts from this snapshot, or has put it in the place of its state; `announced` is
    // what the core says of it.
    virtual void installed(NodeId node, raft::Position announced, const RaftSnapshot& snapshot) = 0;
    // Durable when it returns.
    virtual void save(NodeId node, const RaftSnapshot& snapshot) = 0;
  };
  // What the course's Start() returns.
  struct Started {
    std::uint64_t index = 0;  // at which the command is committed, if it ever is
    Term term;
    bool accepted = false;
  };
  // What it starts from.
  struct Setting {
    raft::Config config;
    raft::Restored restored = {};
    std::optional<RaftSnapshot> snapshot = {};
    // It makes a snapshot where (index + 1) % snapshot_every == 0; zero: nowhere.
    std::uint64_t snapshot_every = 0;
  };

  RaftServer(Setting setting, Listener& listener, Instant now);

  Started start_command(std::string command);

  void receive(Instant now, NodeId from, wire::PeerMessage message) override;
  void link_reset(Instant, NodeId peer) override { core_.link_reset(peer); }
  void persisted(Instant now, Ticket ticket) override { core_.persisted(now, ticket); }
  void set_storage_stalled(bool) override {}  // it goes on; what needs the disk waits for it
  Instant next_deadline() const override { return core_.next_deadline(); }
  replica::Output end_turn(Instant now) override;
  bool has_work() const override;

  const raft::Core& core() const override { return core_; }
  Index applied_index() const override { return applied_index_; }
  std::uint64_t digest() override { return digest_; }
  std::size_t pending_bytes() const override { return 0; }

 private:
  void apply(const raft::Committed& committed);
  void apply_command(std::string command);
  void make_snapshot();
  void send_snapshots(Instant now, replica::Output& output);
  void install(Instant now, const wire::SnapshotChunk& chunk);
  void take_state(const RaftSnapshot& snapshot);
  std::uint64_t commands_up_to(Index index) const;

  raft::Core core_;
  Listener& listener_;
  std::uint64_t snapshot_every_;
  Index applied_index_;
  std::vector<std::string> commands_;  // applied
  std::uint64_t digest_ = 0;           // of them
  std::optional<RaftSnapshot> snapshot_;
  std::map<NodeId, Instant> sent_;  // when the snapshot last went to each peer that needs it
};

}  // namespace holdfast::sim
