#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kv/command.hpp"
#include "kv/reply.hpp"
#include "kv/state_machine.hpp"
#include "raft/effects.hpp"
#include "wire/messages.hpp"

namespace holdfast::replica {

struct Config {
  raft::Config raft;
  kv::Limits limits;
  std::uint32_t value_bytes_max = 64 << 20;
  Duration request_timeout = std::chrono::seconds(10);  // then the client is told what is known
  Duration resend_interval = std::chrono::milliseconds(500);  // of forwarded writes and of reads
  std::size_t pending_bytes_max = 256 << 20;  // writes not yet applied, all clients together
};

// Who asked: the host's number for a connection, and the connection's number for the request.
struct RequestKey {
  std::uint64_t client = 0;
  std::uint64_t request = 0;

  auto operator<=>(const RequestKey&) const = default;
};

struct Completion {
  RequestKey key;
  kv::Reply reply;
};

struct Outgoing {
  NodeId to;
  wire::PeerMessage message;
};

// What a host must do after a turn.
struct Output {
  std::vector<raft::Persist> persist;
  std::vector<Outgoing> messages;
  std::vector<Completion> completions;
  std::vector<std::string> trace;
};

enum class Role : std::uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };
std::string_view to_string(Role role);

// What a node knows about itself, as plain data for INFO, ROLE, CLUSTER and `holdfast status`.
struct Status {
  NodeId id;
  Role role = Role::kFollower;
  Term term;
  NodeId leader;  // zero: none known
  NodeId voted_for;
  Index last_index;
  Index commit_index;
  Index applied_index;
  std::vector<NodeId> voters;
  std::map<NodeId, Index> match;  // leader only: what each peer has on disk
  std::size_t keys = 0;
  std::size_t sessions = 0;
  std::uint64_t cluster_time_ms = 0;
  std::size_t pending_writes = 0;
  std::size_t pending_reads = 0;
  std::size_t pending_bytes = 0;
  bool storage_stalled = false;  // the disk is full: writes are refused until there is room
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
  Replica(Config config, raft::Restored restored, std::uint64_t nonce, Instant now);
  ~Replica();

  // `args` are the command and its arguments, its name and arity already checked against the
  // command table. Writes are applied in the order in which they are submitted.
  void submit_write(Instant now, RequestKey key, kv::Args args);
  // Linearizable: sees every write that was acknowledged, by any node, before now.
  void submit_read(Instant now, RequestKey key, kv::Args args);
  // The connection is gone: its requests go on, unanswered.
  void forget_client(std::uint64_t client);

  // From the peer `from`, as named by its connection's handshake.
  void receive(Instant now, NodeId from, wire::PeerMessage message);
  // Everything up to this ticket is on disk.
  void persisted(Instant now, Ticket ticket);
  // The disk has no room (true), or has it again (false).
  void set_storage_stalled(bool stalled);
  // Hands leadership to the most caught-up follower, or to `target`. False if this is no leader
  // or the target can't take it. Done, or given up, within an election timeout.
  bool transfer_leadership(Instant now, NodeId target = {});
  // To be called at next_deadline() at the latest; early or late calls do no harm.
  void tick(Instant now);
  Instant next_deadline() const;

  // Ends the turn.
  Output take_output(Instant now);

  Status status() const;
  std::uint64_t digest();  // of the state at status().applied_index

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast::replica
