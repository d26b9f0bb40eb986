#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "raft/membership.hpp"

namespace holdfast::raft {

enum class EntryKind : std::uint8_t {
  kNoop = 0,        // the empty entry with which a leader starts its term (Raft §8)
  kCommand = 1,     // bytes for the state machine
  kMembership = 2,  // an encoded Membership, in force from where it stands in a log (Raft §6)
};

// Nothing: no kind has this number.
constexpr std::optional<EntryKind> entry_kind(std::uint8_t number) {
  if (number > static_cast<std::uint8_t>(EntryKind::kMembership)) return std::nullopt;
  return static_cast<EntryKind>(number);
}

// One entry of the log. Its index is its place; the core and the disk carry it beside the entry.
struct Entry {
  Term term;
  EntryKind kind = EntryKind::kCommand;
  Payload payload;

  bool operator==(const Entry&) const = default;
};

// Names an entry. Term zero at an index above zero: the term is no longer known.
struct Position {
  Index index;
  Term term;

  auto operator<=>(const Position&) const = default;
};

// Is a log that ends at `last` at least as up-to-date as one that ends at `with` (Raft §5.4.1)?
constexpr bool is_up_to_date(const Position& last, const Position& with) {
  return last.term > with.term || (last.term == with.term && last.index >= with.index);
}

// What must survive a crash besides the log (Raft figure 2, "persistent state").
struct HardState {
  Term term;
  NodeId voted_for;
  // Of a node that was added without data: the index that a leader knew to be committed after that,
  // and this leader's term. The node may have been a member before and have forgotten what it
  // acknowledged then, be it the removal of others who don't know of it either. So it votes for
  // nobody, itself included, whose log does not reach so far: it may lack what was committed.
  Position votes_from = {};

  bool has_voted(Term in, NodeId candidate) const { return term == in && voted_for == candidate; }
  bool operator==(const HardState&) const = default;
};

// What a snapshot stands for: the state after the entry `last`, and the membership in force there.
struct SnapshotMeta {
  Position last;
  Membership membership;

  bool operator==(const SnapshotMeta&) const = default;
};

// What a disk kept: the core starts from it.
struct Restored {
  HardState hard_state;
  // The newest snapshot; before the first one the membership with which the cluster began, if that
  // is known, else Config::voters.
  SnapshotMeta snapshot = {};
  Position base = {};          // the entry before the log's first; at most the snapshot's last
  std::vector<Entry> entries;  // behind `base`, without a gap
};

// How long so many bytes may be under way before they count as lost, beyond what a small message
// may take: as on a network of 32 MB/s.
constexpr Duration travel_time(std::size_t bytes) {
  constexpr std::size_t kBytesPerMicrosecond = 32;
  return Duration(static_cast<Duration::rep>(bytes / kBytesPerMicrosecond));
}

struct Config {
  NodeId id;
  std::vector<NodeId> voters;  // of a cluster about which the disk knows nothing yet

  // A follower that hears no leader for a time drawn anew from [min, max] asks for pre-votes.
  // The minimum is also how long a vote is refused after a leader was heard, and how long a
  // leader goes on without hearing a majority.
  Duration election_timeout_min = std::chrono::milliseconds(300);
  Duration election_timeout_max = std::chrono::milliseconds(600);
  Duration heartbeat_interval = std::chrono::milliseconds(60);
  // Instead of the timeout when the leader is known to be gone (Core::peer_lost): long enough that
  // all have noticed, and with room for one to be first.
  Duration peer_lost_wait_min = std::chrono::milliseconds(2);
  Duration peer_lost_wait_max = std::chrono::milliseconds(15);

  // Reads by lease (Thesis §6.4.1): a leader answers without asking as long as a quorum has
  // promised not to vote. A node with this setting promises election_timeout_min with each answer
  // to a heartbeat, and keeps it over a restart. By the nodes' own clocks, whose speeds may differ
  // by this much; a clock must not stand still while others go on (a suspended virtual machine).
  bool lease_reads = false;
  unsigned lease_drift_percent = 10;

  // Bounds of one AppendEntries, and of what is sent to a peer but not yet acknowledged. One
  // entry always travels, however large.
  std::size_t append_entries_max = 512;
  std::size_t append_bytes_max = 1 << 20;
  std::size_t window_messages = 64;
  std::size_t window_bytes = 16 << 20;

  // Committed entries are handed out in turns of about this size, so that a node that has a long
  // log to replay still answers its peers in between.
  std::size_t committed_bytes_max = 8 << 20;

  // How much of the log is kept in front of a snapshot's end, for peers that lag a little.
  std::size_t log_tail_bytes = 16 << 20;

  std::uint64_t seed = 1;  // of the timeouts' jitter
};

}  // namespace holdfast::raft
