#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "raft/core.hpp"
#include "replica/output.hpp"
#include "replica/snapshot_jobs.hpp"
#include "replica/types.hpp"

namespace holdfast::replica {

// A leader's transfers of its newest snapshot to peers whose log it has dropped (Raft §7). Each
// begins with an offer, an empty chunk, which the peer answers with how much of that very file it
// has; chunks follow within a window, and what is lost is sent again from where the peer stands.
// The peer's ordinary AppendResponse ends it, once the snapshot is in use there.
//
// The file stays as long as the peer takes it (job::Pin), which is bounded: newer ones come as the
// log grows, and so the transfer ends or is overtaken.
//
// A peer that can't take it, since its disk is full or what it got is damaged, says so; one that is
// slower than the log grows is overtaken (Config::snapshot_log_for_peers). The next transfer is
// then of the newest snapshot, after a pause that grows, in which no log is kept for the peer.
class SnapshotSender {
 public:
  explicit SnapshotSender(const Config& config) : config_(config) {}

  void step(Instant now, raft::Core& core, const storage::SnapshotId& newest, Output& output);
  // True: the peer got all of this file, and could not take it. It may be damaged.
  bool on(Instant now, raft::Core& core, NodeId from, const wire::SnapshotAck& ack, Output& output);
  // `newest`: of that file there is no later one to go on with when it can't be read.
  void on(Instant now, raft::Core& core, result::Chunk chunk, const storage::SnapshotId& newest,
          Output& output);
  void link_reset(NodeId peer);

  std::size_t count() const;    // under way
  std::string trouble() const;  // with the peer that has failed the most; empty: there is none
  Instant next_deadline() const;

 private:
  struct Transfer {
    storage::SnapshotId id;
    std::uint64_t acked = 0;  // the peer has it on disk
    std::uint64_t read = 0;   // asked of the disk, and then sent
    bool is_accepted = false;
    bool is_offered = false;
    Instant moved;               // when something was last heard, or sent
    Duration patience{};         // after so long a silence it is offered again; grows
    std::uint32_t failures = 0;  // in a row
    std::optional<Instant> rests_until;
  };
  void pin(Output& output);
  void begin(raft::Core& core, NodeId peer, Transfer& transfer, const storage::SnapshotId& newest);
  void send(Instant now, const raft::Core& core, NodeId peer, Transfer& transfer, Output& output);
  void fail(Instant now, raft::Core& core, NodeId peer, Transfer& transfer,
            const std::string& reason, Output& output);
  void offer(Instant now, const raft::Core& core, NodeId peer, Transfer& transfer, Output& output);
  bool awaits_answer(const Transfer& transfer) const;
  Instant silent_at(const Transfer& transfer) const;
  bool is_within_window(const Transfer& transfer) const;
  std::uint64_t next_chunk(const Transfer& transfer) const;
  void refill(Instant now);
  Instant enough_for(std::uint64_t bytes) const;

  const Config& config_;
  std::map<NodeId, Transfer> transfers_;
  std::vector<storage::SnapshotId> pinned_;
  // Config::snapshot_bytes_per_second: what may be read from now on, and as of when.
  std::uint64_t budget_ = 0;
  Instant budget_at_;
};

}  // namespace holdfast::replica
