#include "replica/snapshot_sender.hpp"

#include <algorithm>

namespace holdfast::replica {

namespace {

// What was not sent in so much time is not made up for.
constexpr std::uint64_t kBudgetMicroseconds = 20'000;

constexpr int kPatienceGrowth = 16;

constexpr std::uint64_t kSecond = 1'000'000;  // in microseconds, as a Duration counts

wire::SnapshotChunk chunk_of(Term term, const storage::SnapshotId& id, std::uint64_t offset,
                             Payload bytes) {
  return {.term = term,
          .last = id.last,
          .number = id.number,
          .total = id.bytes,
          .offset = offset,
          .bytes = std::move(bytes)};
}

std::string described(NodeId peer, std::uint32_t failures) {
  return "node " + std::to_string(peer.value()) + " could not take the snapshot, for the " +
         std::to_string(failures) + ". time";
}

}  // namespace

void SnapshotSender::step(Instant now, raft::Core& core, const storage::SnapshotId& newest,
                          Output& output) {
  const std::vector<NodeId> behind = core.peers_behind_log();
  std::erase_if(transfers_, [&](const auto& transfer) {
    return std::ranges::find(behind, transfer.first) == behind.end();
  });
  if (!behind.empty()) refill(now);
  for (const NodeId peer : behind) {
    Transfer& transfer = transfers_[peer];
    const bool is_begun = static_cast<bool>(transfer.id.last.index);
    // The log behind it was not kept: it has taken too long, or the peer seemed to be gone.
    const bool is_overtaken = is_begun && transfer.id.last.index < core.log().base().index;
    if (is_overtaken && transfer.is_accepted && !transfer.rests_until) {
      fail(now, core, peer, transfer, "the log grew faster than it came", output);
    }
    if (transfer.rests_until > now) continue;
    if (!is_begun || is_overtaken || transfer.rests_until) begin(core, peer, transfer, newest);
    send(now, core, peer, transfer, output);
  }
  pin(output);
}

// What a peer takes; one that does not answer may get a newer one.
void SnapshotSender::pin(Output& output) {
  std::vector<storage::SnapshotId> pinned;
  for (const auto& [peer, transfer] : transfers_) {
    if (!transfer.is_accepted || transfer.rests_until) continue;
    if (std::ranges::find(pinned, transfer.id) == pinned.end()) pinned.push_back(transfer.id);
  }
  if (pinned == pinned_) return;
  pinned_ = std::move(pinned);
  output.snapshot_jobs.emplace_back(job::Pin{pinned_});
}

void SnapshotSender::begin(raft::Core& core, NodeId peer, Transfer& transfer,
                           const storage::SnapshotId& newest) {
  const std::uint32_t failures = transfer.failures;
  transfer = Transfer();
  transfer.id = newest;
  transfer.failures = failures;
  transfer.patience = config_.resend_interval;
  core.snapshot_sent(peer, newest.last.index);
}

void SnapshotSender::send(Instant now, const raft::Core& core, NodeId peer, Transfer& transfer,
                          Output& output) {
  if (!transfer.is_offered) {
    offer(now, core, peer, transfer, output);
  } else if (now >= silent_at(transfer)) {
    offer(now, core, peer, transfer, output);
    transfer.patience = std::min(transfer.patience * 2, config_.resend_interval * kPatienceGrowth);
  }
  if (!transfer.is_accepted) return;
  while (is_within_window(transfer) && next_chunk(transfer) <= budget_) {
    const std::uint64_t size = next_chunk(transfer);
    output.snapshot_jobs.emplace_back(
        job::Read{peer, transfer.id, transfer.read, static_cast<std::size_t>(size)});
    if (transfer.read == transfer.acked) transfer.moved = now;
    transfer.read += size;
    budget_ -= size;
  }
}

// Else it waits for us: for what the rate allows.
bool SnapshotSender::awaits_answer(const Transfer& transfer) const {
  return !transfer.is_accepted || transfer.read > transfer.acked ||
         transfer.acked == transfer.id.bytes;
}

Instant SnapshotSender::silent_at(const Transfer& transfer) const {
  if (!awaits_answer(transfer)) return Instant::max();
  const auto under_way = static_cast<std::size_t>(transfer.read - transfer.acked);
  return transfer.moved + transfer.patience + raft::travel_time(under_way);
}

// What it may have been sent is of no use to it: no log is kept for that.
void SnapshotSender::fail(Instant now, raft::Core& core, NodeId peer, Transfer& transfer,
                          const std::string& reason, Output& output) {
  Duration pause = config_.snapshot_retry_min;
  for (std::uint32_t i = 0; i < transfer.failures && pause < config_.snapshot_retry_max; ++i) {
    pause *= 2;
  }
  pause = std::min(pause, config_.snapshot_retry_max);
  ++transfer.failures;
  transfer.rests_until = now + pause;
  core.snapshot_sent(peer, Index());
  output.warnings.push_back(described(peer, transfer.failures) + " (" + reason +
                            "); the next attempt is in " +
                            std::to_string(pause / std::chrono::seconds(1)) + " s");
}

// The first word of a transfer, and again when nothing is heard.
void SnapshotSender::offer(Instant now, const raft::Core& core, NodeId peer, Transfer& transfer,
                           Output& output) {
  transfer.is_offered = true;
  transfer.is_accepted = false;
  transfer.read = transfer.acked;
  transfer.moved = now;
  output.messages.push_back({peer, chunk_of(core.term(), transfer.id, 0, Payload())});
}

bool SnapshotSender::is_within_window(const Transfer& transfer) const {
  const std::uint64_t end = transfer.acked + config_.snapshot_send_window_bytes;
  return transfer.read < std::min(transfer.id.bytes, end);
}

std::uint64_t SnapshotSender::next_chunk(const Transfer& transfer) const {
  return std::min<std::uint64_t>(config_.snapshot_chunk_bytes, transfer.id.bytes - transfer.read);
}

// A slow rate sends whole chunks at a time, not small ones all the time.
void SnapshotSender::refill(Instant now) {
  const std::uint64_t rate = config_.snapshot_bytes_per_second;
  const std::uint64_t most =
      std::max<std::uint64_t>(rate * kBudgetMicroseconds / kSecond, config_.snapshot_chunk_bytes);
  const auto since = static_cast<std::uint64_t>((now - budget_at_).count());
  const std::uint64_t more = since >= kSecond ? most : rate * since / kSecond;
  if (more == 0) return;
  budget_at_ = now;
  budget_ = std::min(budget_ + more, most);
}

Instant SnapshotSender::enough_for(std::uint64_t bytes) const {
  const std::uint64_t missing = bytes - std::min(bytes, budget_);
  return budget_at_ + Duration(missing * kSecond / config_.snapshot_bytes_per_second + 1);
}

bool SnapshotSender::on(Instant now, raft::Core& core, NodeId from, const wire::SnapshotAck& ack,
                        Output& output) {
  const auto found = transfers_.find(from);
  if (found == transfers_.end() || found->second.id.number != ack.number) return false;
  Transfer& transfer = found->second;
  if (transfer.rests_until) return false;
  if (ack.received == wire::SnapshotAck::kNotTaken) {
    fail(now, core, from, transfer, "its log says why", output);
    return transfer.acked == transfer.id.bytes;
  }
  if (ack.received > transfer.id.bytes) return false;
  const bool is_first = !transfer.is_accepted;
  if (is_first || ack.received > transfer.acked) {
    transfer.moved = now;
    transfer.patience = config_.resend_interval;
  }
  transfer.acked = is_first ? ack.received : std::max(transfer.acked, ack.received);
  if (is_first) transfer.read = transfer.acked;
  transfer.is_accepted = true;
  return false;
}

void SnapshotSender::on(Instant now, raft::Core& core, result::Chunk chunk,
                        const storage::SnapshotId& newest, Output& output) {
  const auto found = transfers_.find(chunk.peer);
  if (found == transfers_.end() || found->second.id != chunk.id || !core.is_leader()) return;
  Transfer& transfer = found->second;
  if (transfer.rests_until) return;
  if (chunk.bytes) {
    transfer.moved = now;
    output.messages.push_back(
        {chunk.peer, chunk_of(core.term(), chunk.id, chunk.offset, std::move(*chunk.bytes))});
  } else if (chunk.id == newest) {
    fail(now, core, chunk.peer, transfer, "its file can't be read here", output);
  } else {
    transfer.id = {};  // there is a newer one, to begin anew with
  }
}

void SnapshotSender::link_reset(NodeId peer) {
  if (const auto found = transfers_.find(peer); found != transfers_.end()) {
    found->second.is_offered = false;
    found->second.patience = config_.resend_interval;
    // Whoever had its node restarted has seen to it, perhaps.
    if (found->second.rests_until) found->second.rests_until = Instant();
  }
}

std::size_t SnapshotSender::count() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      transfers_, [](const auto& transfer) { return !transfer.second.rests_until; }));
}

std::string SnapshotSender::trouble() const {
  const auto failures = [](const auto& transfer) { return transfer.second.failures; };
  const auto worst = std::ranges::max_element(transfers_, {}, failures);
  if (worst == transfers_.end() || failures(*worst) == 0) return "";
  return described(worst->first, failures(*worst));
}

Instant SnapshotSender::next_deadline() const {
  Instant next = Instant::max();
  for (const auto& [peer, transfer] : transfers_) {
    next = std::min(next, transfer.rests_until.value_or(silent_at(transfer)));
    if (!transfer.rests_until && transfer.is_accepted && is_within_window(transfer)) {
      next = std::min(next, enough_for(next_chunk(transfer)));
    }
  }
  return next;
}

}  // namespace holdfast::replica
