#pragma once

#include <memory>
#include <string_view>

#include "raft/core.hpp"
#include "replica/replica.hpp"
#include "sim/streams.hpp"

namespace holdfast::sim {

// The client under which an operator's requests are answered, in Output::completions.
inline constexpr std::uint64_t kOperatorClient = UINT64_MAX;

// What runs in a simulated process: production code behind one port, as the server's loop sees it.
// `now` is the node's own clock. A program ends with its process and is made anew from the disk.
class Program {
 public:
  virtual ~Program() = default;

  virtual void receive(Instant now, NodeId from, wire::PeerMessage message) = 0;
  virtual void link_reset(Instant now, NodeId peer) = 0;
  // The process of a peer has ended, and its system has said so.
  virtual void peer_lost(Instant, NodeId /*peer*/) {}
  virtual void persisted(Instant now, Ticket ticket) = 0;
  virtual void set_storage_stalled(bool stalled) = 0;
  virtual Instant next_deadline() const = 0;
  virtual void snapshot_done(Instant, replica::SnapshotResult) {}
  // Ends a turn: ticks if it is time, then says what the host must do. Completions are dealt with
  // inside.
  virtual replica::Output end_turn(Instant now) = 0;
  // Something was submitted while the turn ended: another is due.
  virtual bool has_work() const = 0;

  virtual const raft::Core& core() const = 0;
  virtual Index applied_index() const = 0;
  // Of the state at applied_index(), to compare replicas by.
  virtual std::uint64_t digest() = 0;
  // Bytes held for requests that wait; bounded.
  virtual std::size_t pending_bytes() const = 0;

  // As SIGTERM asks for it; nothing if this is no leader.
  virtual void hand_over(Instant) {}
  // Operators' requests, by number.
  virtual void change_members(Instant, std::uint64_t /*request*/, replica::MemberRequest) {}
  virtual void ask_for_snapshot(Instant, std::uint64_t /*request*/) {}

  virtual void stream_accepted(Instant, StreamId) {}
  virtual void stream_received(Instant, StreamId, std::string_view) {}
  virtual void stream_closed(Instant, StreamId) {}
};

}  // namespace holdfast::sim
