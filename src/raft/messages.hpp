#pragma once

#include <variant>
#include <vector>

#include "raft/types.hpp"

namespace holdfast::raft {

// One struct per message. `term` is always the sender's, except where it says otherwise.

// RequestVote (Raft §5.2) and its rehearsal, pre-vote (Thesis §9.6).
struct VoteRequest {
  Term term{};  // for a pre-vote: the term the sender would campaign in, its own plus one
  Index last_index{};
  Term last_term{};
  bool pre = false;
  bool forced = false;  // leadership was handed over: vote though a leader is alive (Thesis §3.10)

  bool operator==(const VoteRequest&) const = default;
};

struct VoteResponse {
  Term term{};  // a granted pre-vote repeats the asked term and proves nothing about ours
  bool pre = false;
  bool granted = false;

  bool operator==(const VoteResponse&) const = default;
};

struct AppendRequest {
  Term term{};
  Index prev_index{};
  Term prev_term{};
  Index commit{};
  std::vector<Entry> entries{};

  bool operator==(const AppendRequest&) const = default;
};

// The entries of one term stand together in a log: where they begin.
struct TermRun {
  Term term{};
  Index first{};

  bool operator==(const TermRun&) const = default;
};

struct AppendResponse {
  Term term{};
  bool accepted = false;
  Index match{};  // accepted: the log equals the leader's up to here, on this disk

  // Refused: the request's prev_index, and what stands here up to `last` (at most prev_index): the
  // conflicting term and its first index, and the terms before it, newest first. With them the
  // leader finds the last common entry in one round trip, however many terms lie between
  // (Raft §5.3 sends the first of these pairs only, and needs a round trip for each term).
  Index rejected{};
  Index last{};
  std::vector<TermRun> runs{};

  bool operator==(const AppendResponse&) const = default;
};
inline constexpr std::size_t kTermRunsMax = 64;  // of one AppendResponse

// Keeps the leader in office, spreads the commit index and confirms leadership for reads. Kept
// apart from AppendRequest so that it never waits behind entries, on the wire or for the disk.
struct Heartbeat {
  Term term{};
  Index commit{};  // at most what this peer has acknowledged
  Round round{};

  bool operator==(const Heartbeat&) const = default;
};

struct HeartbeatResponse {
  Term term{};
  Round round{};       // of the heartbeat that it answers
  Index received{};    // the log equals the leader's up to here, perhaps not yet on disk
  Duration promise{};  // for so long from that heartbeat on it votes for nobody, nor campaigns

  bool operator==(const HeartbeatResponse&) const = default;
};

// A follower asks for a read index on behalf of its clients (Thesis §6.4).
struct ReadIndexRequest {
  Term term{};
  std::uint64_t token = 0;

  bool operator==(const ReadIndexRequest&) const = default;
};

struct ReadIndexResponse {
  Term term{};
  std::uint64_t token = 0;
  bool granted = false;
  Index index{};
  std::uint64_t time_ms = 0;  // the leader's host's word, for the asker's host: see ReadGranted

  bool operator==(const ReadIndexResponse&) const = default;
};

// Leadership transfer: campaign at once (Thesis §3.10).
struct TimeoutNow {
  Term term{};

  bool operator==(const TimeoutNow&) const = default;
};

// By a committed membership the receiver is no member any more.
struct Removed {
  Term term{};

  bool operator==(const Removed&) const = default;
};

using Message =
    std::variant<VoteRequest, VoteResponse, AppendRequest, AppendResponse, Heartbeat,
                 HeartbeatResponse, ReadIndexRequest, ReadIndexResponse, TimeoutNow, Removed>;

struct Envelope {
  NodeId from{};
  NodeId to{};
  Message message{};

  bool operator==(const Envelope&) const = default;
};

}  // namespace holdfast::raft
