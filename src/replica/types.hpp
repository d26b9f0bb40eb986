#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kv/reply.hpp"
#include "kv/state_machine.hpp"
#include "raft/types.hpp"

namespace holdfast::replica {

struct Config {
  raft::Config raft;
  kv::Limits limits;
  std::uint32_t value_bytes_max = 64 << 20;
  std::size_t command_bytes_max = 96 << 20;             // all arguments of one write together
  Duration request_timeout = std::chrono::seconds(10);  // then the client is told what is known
  Duration resend_interval =
      std::chrono::milliseconds(500);  // of writes and reads without an answer
  // Writes not yet applied, and reads not yet answered, of all clients: as much for each.
  std::size_t pending_bytes_max = 256 << 20;
  std::size_t section_bytes_max = 1 << 20;  // one command always travels, however large
  std::size_t window_bytes = 32 << 20;      // sent to the leader, or proposed, and not yet applied

  // A snapshot is made when the log since the last one takes more than this, and so many times what
  // the state takes.
  std::size_t snapshot_log_bytes = 64 << 20;
  std::size_t snapshot_log_states = 1;
  std::size_t snapshot_piece_bytes = 256 << 10;
  std::size_t snapshot_window_bytes = 4 << 20;  // of pieces that wait to be written
  // Sending one: a chunk, what may be under way to one peer, and the rate for all.
  std::size_t snapshot_chunk_bytes = 256 << 10;
  std::size_t snapshot_send_window_bytes = 1 << 20;
  std::uint64_t snapshot_bytes_per_second = 128 << 20;
  // After a transfer that failed the next one waits, each time twice as long.
  Duration snapshot_retry_min = std::chrono::seconds(1);
  Duration snapshot_retry_max = std::chrono::seconds(60);
  // What the log takes at most for the sake of peers that a snapshot is sent to: so many times what
  // makes a snapshot due.
  std::size_t snapshot_log_for_peers = 4;
  // For a change of the membership, which may have to wait until a node has caught up.
  Duration member_timeout = std::chrono::seconds(60);
};

// Who asked: the host's number for a connection, and the connection's number for the request.
struct RequestKey {
  std::uint64_t client = 0;
  std::uint64_t request = 0;

  auto operator<=>(const RequestKey&) const = default;
};

// What a waiting request takes in memory besides its bytes; counts in pending_bytes_max.
inline constexpr std::size_t kRequestOverheadBytes = 128;

// Where a request's time went; what is not known is zero.
struct Cost {
  Instant asked = {};
  Instant sent = {};         // into the log of the leader, or on its way there
  Instant durable = {};      // here; of what this node proposed
  Instant committed = {};    // … and of reads, when it was known to be safe to answer
  std::string command = {};  // as in a section
};

struct Completion {
  RequestKey key;
  kv::Reply reply;
  Cost cost = {};
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
  raft::Membership membership;
  bool membership_settled = true;  // committed, and no change is under way
  std::map<NodeId, Index> match;   // leader only: what each peer has on disk
  std::size_t keys = 0;
  std::size_t keys_expiring = 0;   // of these, that will
  std::uint64_t ttl_mean_ms = 0;   // of those
  std::uint64_t keys_expired = 0;  // that this node has removed since it was started
  std::size_t state_bytes = 0;     // that a copy of it would take
  std::size_t sessions = 0;
  std::size_t session_reply_bytes = 0;  // recorded by all sessions
  std::uint64_t cluster_time_ms = 0;
  std::int64_t wall_ahead_ms = 0;  // of the cluster's time as it would be by now
  std::size_t pending_writes = 0;
  std::size_t pending_reads = 0;
  std::size_t pending_bytes = 0;
  Index snapshot_index;
  Index first_index;          // of the log
  std::size_t log_bytes = 0;  // in memory
  bool making_snapshot = false;
  std::size_t snapshots_sending = 0;
  std::uint64_t snapshot_received = 0;  // bytes, of `snapshot_total`; zero: none is coming
  std::uint64_t snapshot_total = 0;
  std::string snapshot_trouble;  // why one could not be received, or sent; empty: it could
  bool storage_stalled = false;  // the disk is full: writes are refused until there is room
};

}  // namespace holdfast::replica
