#pragma once

#include <optional>
#include <set>
#include <vector>

#include "replica/cluster_clock.hpp"
#include "replica/entry_times.hpp"
#include "replica/member_queue.hpp"
#include "replica/read_queue.hpp"
#include "replica/replica.hpp"
#include "replica/snapshot_maker.hpp"
#include "replica/snapshot_receiver.hpp"
#include "replica/snapshot_sender.hpp"
#include "replica/write_queue.hpp"

namespace holdfast::replica {

// What a Replica consists of, for its own files: replica.cpp (inputs and the turn), requests.cpp
// (writes and reads on their way), snapshots.cpp.
struct Replica::State final : kv::ApplyListener {
  State(Config c, raft::Restored restored, Kept kept, std::uint64_t nonce, Instant start);

  void applied(NodeId origin, Index epoch, std::uint64_t seq, kv::Reply reply) override {
    if (origin == core.id()) writes.applied(now, epoch, seq, std::move(reply), durable_at);
  }
  void gap(NodeId origin, Index epoch, std::uint64_t expected) override {
    if (origin == core.id()) writes.gap(epoch, expected);
  }
  void opened(NodeId origin, std::uint64_t nonce, Index epoch) override {
    if (origin == core.id()) writes.opened(nonce, epoch);
  }

  void notice_leader();
  void notice_membership();
  void run_core();
  void take_effects();
  void apply(const raft::Committed& next);
  void note_time(Term term);
  void gather_completions();
  const std::set<NodeId>& origins_at_start();

  // requests.cpp
  void receive_forward(NodeId from, const wire::Forward& forward);
  void send_writes();
  bool is_gathering() const;
  Instant gathering_deadline() const;
  void propose_writes();
  void forward_writes();
  void propose(std::string sections);
  void ask_reads();
  kv::Reply disk_is_full(const std::string& consequence) const;
  void hand_over_if_stalled();
  void refuse_reads_if_stalled();
  std::uint64_t cluster_time_ms() { return clock.read(now, machine.cluster_time_ms()); }
  std::uint64_t ttl_mean_ms() const;
  // When keys are to expire of which the log must say so; at the end of time if it needn't.
  Instant expiry_deadline();

  // snapshots.cpp
  void receive_chunk(NodeId from, const wire::SnapshotChunk& chunk);
  void receive_ack(NodeId from, const wire::SnapshotAck& ack);
  std::string snapshot_trouble() const;
  void replace_newest_snapshot(const std::string& reason);
  void done(result::Added& added);
  void done(result::Made& made);
  void done(result::NotMade& failed);
  void done(result::Chunk& chunk);
  void done(result::Received& received);
  void done(result::Loaded& loaded);
  void done(result::NotReceived& failed);
  void done(result::Fetched& fetched);

  Config config;
  raft::Core core;
  kv::StateMachine machine;
  WriteQueue writes;
  ReadQueue reads;
  MemberQueue members;
  SnapshotMaker maker;
  SnapshotSender sender;
  SnapshotReceiver receiver;
  storage::SnapshotId newest_snapshot;                 // number zero: there is none
  std::optional<storage::SnapshotId> broken_snapshot;  // the newest, when it can't be read
  Instant now;

  // The leadership that was last seen, to notice when it changes.
  Term leader_term;
  NodeId leader;
  std::optional<raft::Membership> membership_told;  // to the host
  std::optional<std::set<NodeId>> origins_in_log;   // of the log when it was first asked for
  ClusterClock clock;
  Index time_proposed;      // the last entry of ours with a time
  Instant gathers_until;    // behind it, where a majority may have it soon
  bool is_awaited = false;  // the last entry of ours, by other nodes' clients
  EntryTimes entry_times;
  std::vector<raft::Committed> committed;  // and not applied yet
  Instant durable_at;                      // of the entry that is being applied
  std::vector<Payload> forwarded;          // sections of other nodes, to be proposed this turn
  std::size_t forwarded_bytes = 0;
  std::uint64_t keys_expired = 0;
  bool stalled = false;
  Instant next_hand_over;
  Output output;
};

}  // namespace holdfast::replica
