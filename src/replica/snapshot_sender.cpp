#include "replica/snapshot_sender.hpp"

#include <algorithm>

namespace holdfast::replica {

namespace {

constexpr Duration kBudgetTime = std::chrono::milliseconds(20);

wire::SnapshotChunk chunk_of(Term term, const storage::SnapshotId& id, std::uint64_t offset,
                             Payload bytes) {
  return {.term = term,
          .last = id.last,
          .number = id.number,
          .total = id.bytes,
          .offset = offset,
          .bytes = std::move(bytes)};
}

}  // namespace

void SnapshotSender::step(Instant now, raft::Core& core, const storage::SnapshotId& newest,
                          Output& output) {
  const std::vector<NodeId> behind = core.peers_behind_log();
  std::erase_if(transfers_, [&](const auto& transfer) {
    return std::ranges::find(behind, transfer.first) == behind.end();
  });
  std::uint64_t allowed = behind.empty() ? 0 : allowance(now);
  for (const NodeId peer : behind) {
    Transfer& transfer = transfers_[peer];
    // A new one, or the log behind the old one was not kept for a peer that seemed to be gone.
    if (transfer.id.last.index < core.log().base().index) {
      transfer = Transfer();
      transfer.id = newest;
      core.snapshot_sent(peer, newest.last.index);
    }
    const bool is_silent = now - transfer.moved >= config_.resend_interval;
    if (!transfer.is_offered || is_silent) offer(now, core, peer, transfer, output);
    if (!transfer.is_accepted) continue;
    const std::uint64_t end =
        std::min(transfer.id.bytes, transfer.acked + config_.snapshot_send_window_bytes);
    while (transfer.read < end && allowed > 0) {
      const std::uint64_t size = std::min<std::uint64_t>(
          {config_.snapshot_chunk_bytes, transfer.id.bytes - transfer.read, allowed});
      output.snapshot_jobs.emplace_back(
          job::Read{peer, transfer.id, transfer.read, static_cast<std::size_t>(size)});
      transfer.read += size;
      allowed -= size;
      budget_ -= size;
    }
  }
}

// The first word of a transfer, and again when nothing is heard.
void SnapshotSender::offer(Instant now, const raft::Core& core, NodeId peer, Transfer& transfer,
                           Output& output) {
  transfer.is_offered = true;
  transfer.is_accepted = false;
  transfer.moved = now;
  output.messages.push_back({peer, chunk_of(core.term(), transfer.id, 0, Payload())});
}

std::uint64_t SnapshotSender::allowance(Instant now) {
  const auto since = std::min<Duration>(now - budget_at_, kBudgetTime);
  if (since < Duration(1000)) return budget_;
  budget_at_ = now;
  budget_ =
      config_.snapshot_bytes_per_second * static_cast<std::uint64_t>(since.count()) / 1'000'000;
  return budget_;
}

void SnapshotSender::on(Instant now, NodeId from, const wire::SnapshotAck& ack) {
  const auto found = transfers_.find(from);
  if (found == transfers_.end() || found->second.id.number != ack.number) return;
  Transfer& transfer = found->second;
  if (ack.received > transfer.id.bytes) return;
  const bool is_first = !transfer.is_accepted;
  if (is_first || ack.received > transfer.acked) transfer.moved = now;
  transfer.acked = is_first ? ack.received : std::max(transfer.acked, ack.received);
  if (is_first) transfer.read = transfer.acked;
  transfer.is_accepted = true;
}

void SnapshotSender::on(const raft::Core& core, result::Chunk chunk, Output& output) {
  const auto found = transfers_.find(chunk.peer);
  if (found == transfers_.end() || found->second.id != chunk.id || !core.is_leader()) return;
  if (!chunk.bytes) {
    // A newer snapshot has taken its place.
    transfers_.erase(found);
    return;
  }
  output.messages.push_back(
      {chunk.peer, chunk_of(core.term(), chunk.id, chunk.offset, std::move(*chunk.bytes))});
}

void SnapshotSender::link_reset(NodeId peer) {
  if (const auto found = transfers_.find(peer); found != transfers_.end()) {
    found->second.is_offered = false;
  }
}

Instant SnapshotSender::next_deadline() const {
  Instant next = Instant::max();
  for (const auto& [peer, transfer] : transfers_) {
    next = std::min(next, transfer.moved + config_.resend_interval);
    const bool waits_for_budget =
        transfer.is_accepted && transfer.read < transfer.id.bytes &&
        transfer.read < transfer.acked + config_.snapshot_send_window_bytes;
    if (waits_for_budget) next = std::min(next, budget_at_ + Duration(1000));
  }
  return next;
}

}  // namespace holdfast::replica
