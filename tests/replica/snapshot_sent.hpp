#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "replica/replica.hpp"

namespace holdfast::replica {

inline constexpr NodeId kSelf(2);
inline constexpr NodeId kLeader(1);
inline constexpr NodeId kOther(3);
inline constexpr std::uint64_t kNonce = 11;

class Nobody final : public kv::ApplyListener {
 public:
  void applied(NodeId, Index, std::uint64_t, kv::Reply) override {}
  void gap(NodeId, Index, std::uint64_t) override {}
  void opened(NodeId, std::uint64_t, Index) override {}
};

// A snapshot of the state after these entries, the first at index 1.
inline result::Loaded snapshot_of(const std::vector<std::string>& batches, Term term) {
  Nobody nobody;
  kv::StateMachine state;
  Index index;
  for (const std::string& batch : batches) state.apply(++index, batch, nobody);
  const raft::Position last{index, term};
  return {.id = {.last = last, .number = 7, .bytes = 100},
          .meta = {.last = last, .membership = {}},
          .state = std::move(state)};
}

// Node 2 of three with a snapshot of entry 5 and nothing behind it, elected by node 1.
class SnapshotSent : public testing::Test {
 protected:
  static constexpr Term kTerm{2};

  explicit SnapshotSent(Config config = {}) {
    result::Loaded loaded = snapshot_of({"", "", "", "", ""}, Term(1));
    config.raft.id = kSelf;
    config.raft.voters = {kLeader, kSelf, kOther};
    config.raft.log_tail_bytes = 0;
    const raft::Restored disk{.hard_state = {Term(1), NodeId()},
                              .snapshot = loaded.meta,
                              .base = loaded.meta.last,
                              .entries = {}};
    node.emplace(config, disk, kNonce, now,
                 Kept{.state = std::move(loaded.state), .snapshot = loaded.id});
    now = node->next_deadline();
    node->tick(now);
    hear(kLeader, raft::VoteResponse{.term = kTerm, .pre = true, .granted = true});
    turn();
    hear(kLeader, raft::VoteResponse{.term = kTerm, .granted = true});
    turn();
  }

  void hear(NodeId from, raft::Message message) { node->receive(now, from, std::move(message)); }
  // Node 1 has everything; nothing is heard of node 3.
  void pass(Duration time) {
    now += time;
    hear(kLeader,
         raft::AppendResponse{.term = kTerm, .accepted = true, .match = node->status().last_index});
    node->tick(now);
    turn();
  }
  // Long enough for a small snapshot to be made.
  void pass_making() {
    for (int i = 0; i < 5; ++i) pass(std::chrono::milliseconds(1));
  }
  void turn() {
    Output output = node->take_output(now);
    for (const raft::Persist& batch : output.persist) node->persisted(now, batch.ticket);
    for (const Outgoing& out : output.messages) {
      const auto* chunk = std::get_if<wire::SnapshotChunk>(&out.message);
      if (chunk == nullptr) continue;
      offered = chunk->last.index;
      offers += chunk->bytes.size() == 0 ? 1 : 0;
      number = chunk->number;
    }
    for (std::string& line : output.warnings) warnings.push_back(std::move(line));
    for (const Completion& completion : output.completions) answered.push_back(completion.key);
    for (const SnapshotJob& job : output.snapshot_jobs) do_job(job);
  }
  void do_job(const SnapshotJob& job) {
    if (const auto* read = std::get_if<job::Read>(&job)) {
      reads.emplace_back(now, read->size);
      read_offset = read->offset;
    }
    if (const auto* drop = std::get_if<job::Drop>(&job)) dropped = drop->id;
    if (const auto* pin = std::get_if<job::Pin>(&job)) pinned = pin->ids;
    if (const auto* begin = std::get_if<job::Begin>(&job)) {
      made = {begin->meta.last, 8, 100};
      making = begin->number;
    }
    if (const auto* add = std::get_if<job::Add>(&job)) {
      copied += add->piece.size();
      node->snapshot_done(now, result::Added{making, add->piece.size()});
    }
    if (!std::holds_alternative<job::Finish>(job)) return;
    is_held = holds;
    if (!holds) node->snapshot_done(now, result::Made{made});
  }
  // Node 3 is there, and lacks what is in the snapshot.
  void hear_other() {
    hear(kOther, raft::AppendResponse{.term = kTerm, .rejected = Index(5), .last = Index()});
  }
  void hear_ack(std::uint64_t received) {
    node->receive(now, kOther,
                  wire::SnapshotAck{.term = kTerm, .number = number, .received = received});
  }
  void release() {
    is_held = holds = false;
    node->snapshot_done(now, result::Made{made});
    turn();
  }

  Instant now{std::chrono::seconds(1)};
  std::optional<Replica> node;
  bool holds = false;  // a snapshot that could be finished is not
  bool is_held = false;
  storage::SnapshotId made;
  std::uint64_t making = 0;
  std::size_t copied = 0;  // of the state, by all snapshots
  std::vector<RequestKey> answered;
  Index offered;             // what the last chunk was of
  std::uint64_t number = 0;  // … under which number
  int offers = 0;
  std::vector<std::pair<Instant, std::size_t>> reads;
  std::uint64_t read_offset = 0;  // of the last one
  std::vector<storage::SnapshotId> pinned;
  storage::SnapshotId dropped;
  std::vector<std::string> warnings;
};

// It makes a snapshot whenever something was applied, and the log is longer than the state.
class SnapshotMadeOften : public SnapshotSent {
 protected:
  SnapshotMadeOften() : SnapshotSent(eagerly()) {}
  static Config eagerly() {
    Config config;
    config.snapshot_log_bytes = 0;
    return config;
  }
};

}  // namespace holdfast::replica
