#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kv/command.hpp"
#include "raft/core.hpp"
#include "replica/member_queue.hpp"
#include "replica/output.hpp"
#include "replica/types.hpp"
#include "wire/messages.hpp"

namespace holdfast::replica {

// What a node starts from besides its log: the newest snapshot and the state built from it.
struct Kept {
  std::optional<kv::StateMachine> state = {};  // none: there is no snapshot
  storage::SnapshotId snapshot = {};
};

// One node's brain: consensus, state machine and the requests that wait for them. It has no clock,
// no thread and no I/O; the server and the simulator host the same object. A turn is any number
// of inputs followed by take_output(), which gathers all that arrived into one log entry.
//
// Every request that is submitted gets exactly one completion, unless its client is forgotten:
// the command's reply, or at request_timeout
//   -CLUSTERDOWN …  it certainly was not and will not be executed,
//   -UNKNOWN …      it may have been.
class Replica {
 public:
  // `nonce` tells this process's life from earlier ones of the same node; any value not used
  // before.
  Replica(Config config, raft::Restored restored, std::uint64_t nonce, Instant now, Kept kept = {});
  ~Replica();

  // `args` are the command and its arguments, its name and arity already checked against the
  // command table. Writes are applied in the order in which they are submitted.
  void submit_write(Instant now, RequestKey key, kv::Args args);
  // Linearizable: sees every write that was acknowledged, by any node, before now; with
  // `max_stale` above zero, before that long ago.
  void submit_read(Instant now, RequestKey key, kv::Args args, Duration max_stale = {});
  // Changes the membership; for the leader. Answered when it is done, or can't be.
  void submit_member(Instant now, RequestKey key, MemberRequest request);
  // Makes a snapshot whatever the size of the log; answered when it is durable.
  void submit_snapshot(Instant now, RequestKey key);
  // A part of a snapshot's file: an array of its last entry's index and term, its number, its size
  // and the bytes. An error "SNAPSHOTGONE …": it is not there any more.
  void submit_fetch(RequestKey key, const FetchRequest& request);
  // The connection is gone: its requests go on, unanswered.
  void forget_client(std::uint64_t client);

  // From the peer `from`, as named by its connection's handshake.
  void receive(Instant now, NodeId from, wire::PeerMessage message);
  // The connection to the peer broke or was made anew: messages may be lost.
  void link_reset(Instant now, NodeId peer);
  // The peer has closed all its connections, as happens when its process dies.
  void peer_lost(Instant now, NodeId peer);
  // What came of an Output's snapshot jobs, in their order.
  void snapshot_done(Instant now, SnapshotResult result);
  // Everything up to this ticket is on disk.
  void persisted(Instant now, Ticket ticket);
  // The disk has no room (true), or has it again (false).
  void set_storage_stalled(bool stalled);
  // Hands leadership to the most caught-up follower, or to `target`. False if this is no leader
  // or the target can't take it. Done, or given up, within an election timeout.
  bool transfer_leadership(Instant now, NodeId target = {});
  // What the wall clock says, to be told at the beginning and every second or so: keys expire by
  // it (see ClusterClock).
  void set_unix_time(Instant now, std::uint64_t unix_ms);
  // To be called at tick_due() at the latest; early or late calls do no harm.
  void tick(Instant now);
  Instant tick_due() const;
  // The next turn must not begin later, whether anything arrives or not.
  Instant next_deadline() const;

  // Committed entries wait to be applied. What others and the disk wait for can go out before that,
  // by take_urgent(): batches and messages alone.
  bool is_behind() const;
  Output take_urgent(Instant now);
  // Ends the turn.
  Output take_output(Instant now);

  Status status() const;
  // Nobody would miss it while it waits for its disk: a follower without requests, or the leader
  // behind the one write there is.
  bool is_free() const;
  // State or log hold something of this node's: it has lived.
  bool knows(NodeId node);
  // So may others of us, in this life.
  bool has_introduced_itself() const;
  const raft::Core& core() const;  // for those who watch it
  std::uint64_t digest();          // of the state at status().applied_index

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast::replica
