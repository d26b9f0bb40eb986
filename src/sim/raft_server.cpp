#include "sim/raft_server.hpp"

#include <algorithm>
#include <utility>

#include "base/checksum.hpp"

namespace holdfast::sim {

namespace {

constexpr Duration kRepetition = std::chrono::milliseconds(100);

bool is_command(const raft::Entry& entry) {
  return entry.kind == raft::EntryKind::kCommand;
}

}  // namespace

RaftServer::RaftServer(Setting setting, Listener& listener, Instant now)
    : core_(std::move(setting.config), std::move(setting.restored), now),
      listener_(listener),
      snapshot_every_(setting.snapshot_every),
      snapshot_(std::move(setting.snapshot)) {
  if (snapshot_) take_state(*snapshot_);
}

void RaftServer::take_state(const RaftSnapshot& snapshot) {
  applied_index_ = snapshot.meta.last.index;
  commands_.clear();
  digest_ = 0;
  for (const std::string& command : snapshot.commands) apply_command(command);
  listener_.installed(core_.id(), core_.snapshot(), snapshot);
}

void RaftServer::apply_command(std::string command) {
  digest_ = checksum(command, digest_);
  commands_.push_back(std::move(command));
}

RaftServer::Started RaftServer::start_command(std::string command) {
  const auto index = core_.propose(Payload(std::move(command)));
  if (!index) return {.index = 0, .term = core_.term(), .accepted = false};
  return {.index = commands_up_to(*index), .term = core_.term(), .accepted = true};
}

// `index` is past what is applied.
std::uint64_t RaftServer::commands_up_to(Index index) const {
  const auto waiting =
      core_.log().from(applied_index_.next()).first(index.value() - applied_index_.value());
  return commands_.size() + static_cast<std::uint64_t>(std::ranges::count_if(waiting, is_command));
}

void RaftServer::receive(Instant now, NodeId from, wire::PeerMessage message) {
  if (auto* raft = std::get_if<raft::Message>(&message)) {
    core_.receive(now, {from, core_.id(), std::move(*raft)});
  } else if (const auto* chunk = std::get_if<wire::SnapshotChunk>(&message)) {
    if (chunk->term == core_.term() && from == core_.leader()) install(now, *chunk);
  }
}

// What is saved and what the core makes of it reach the disk in one event, in whatever order.
void RaftServer::install(Instant now, const wire::SnapshotChunk& chunk) {
  auto snapshot = decode_snapshot(chunk.bytes.view());
  if (!snapshot || !core_.install(now, snapshot->meta)) return;
  listener_.save(core_.id(), *snapshot);
  take_state(*snapshot);
  snapshot_ = std::move(snapshot);
}

replica::Output RaftServer::end_turn(Instant now) {
  if (has_work()) core_.compact(snapshot_->meta.last.index);
  if (now >= core_.next_deadline()) core_.tick(now);
  raft::Effects effects = core_.take_effects(now);
  replica::Output output;
  output.persist = std::move(effects.persist);
  for (raft::Envelope& envelope : effects.messages) {
    output.messages.push_back({envelope.to, std::move(envelope.message)});
  }
  for (const raft::Committed& committed : effects.committed) apply(committed);
  send_snapshots(now, output);
  output.trace = std::move(effects.trace);
  output.fault = core_.fault();
  return output;
}

void RaftServer::apply(const raft::Committed& committed) {
  applied_index_ = committed.index;
  listener_.applied(core_.id(), committed);
  if (!is_command(committed.entry)) return;
  apply_command(std::string(committed.entry.payload.view()));
  const bool is_due = snapshot_every_ != 0 && (commands_.size() + 1) % snapshot_every_ == 0;
  if (is_due) make_snapshot();
}

void RaftServer::make_snapshot() {
  snapshot_ = RaftSnapshot{core_.meta_at(applied_index_), commands_};
  listener_.save(core_.id(), *snapshot_);
}

// In the turn after the snapshot was made: whoever watches has seen then what was committed.
bool RaftServer::has_work() const {
  return snapshot_ && core_.snapshot().index < snapshot_->meta.last.index;
}

void RaftServer::send_snapshots(Instant now, replica::Output& output) {
  const std::vector<NodeId> behind = core_.peers_behind_log();
  std::erase_if(sent_, [&](const auto& sent) {
    return std::ranges::find(behind, sent.first) == behind.end();
  });
  for (const NodeId peer : behind) {
    const auto [sent, is_first] = sent_.try_emplace(peer, now);
    if (!is_first && now - sent->second < kRepetition) continue;
    sent->second = now;
    std::string bytes = encode(*snapshot_);
    const raft::Position last = snapshot_->meta.last;
    core_.snapshot_sent(peer, last.index);
    output.messages.push_back({peer, wire::SnapshotChunk{.term = core_.term(),
                                                         .last = last,
                                                         .number = last.index.value(),
                                                         .total = bytes.size(),
                                                         .offset = 0,
                                                         .bytes = Payload(std::move(bytes))}});
  }
}

}  // namespace holdfast::sim
