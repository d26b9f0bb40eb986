// Snapshots: made, sent, received, put in the place of the state.

#include "base/overload.hpp"
#include "replica/state.hpp"

namespace holdfast::replica {

void Replica::submit_snapshot(Instant now, RequestKey key) {
  state_->now = now;
  state_->maker.ask(key);
}

void Replica::submit_fetch(RequestKey key, const FetchRequest& request) {
  state_->output.snapshot_jobs.emplace_back(job::Fetch{key, request});
}

void Replica::snapshot_done(Instant now, SnapshotResult result) {
  state_->now = now;
  std::visit([this](auto& r) { state_->done(r); }, result);
}

void Replica::State::done(result::Added& added) {
  maker.on(added);
}

void Replica::State::done(result::Made& made) {
  const Index last = maker.on(made);
  // Else one from elsewhere is further already.
  if (last < core.snapshot().index) return;
  if (broken_snapshot) output.snapshot_jobs.emplace_back(job::Drop{*broken_snapshot});
  broken_snapshot.reset();
  newest_snapshot = made.id;
  core.compact(last, config.snapshot_log_for_peers * maker.log_bytes_max(machine));
  output.trace.push_back("made a snapshot of entry " + std::to_string(last.value()) + ", " +
                         std::to_string(made.id.bytes) + " bytes");
}

void Replica::State::done(result::NotMade& failed) {
  output.trace.push_back("no snapshot was made: " + failed.reason);
  maker.on(now, failed);
}

void Replica::State::done(result::Chunk& chunk) {
  if (!chunk.bytes && chunk.id == newest_snapshot) {
    replace_newest_snapshot(chunk.bytes.error().message());
  }
  sender.on(now, core, std::move(chunk), newest_snapshot, output);
}

// It goes when another is there: until then a restart has nothing else to begin with.
void Replica::State::replace_newest_snapshot(const std::string& reason) {
  if (broken_snapshot == newest_snapshot) return;
  broken_snapshot = newest_snapshot;
  maker.replace();
  output.warnings.push_back("the newest snapshot is of no use (" + reason +
                            "): another one is made");
}

// From the leader of this term and of no other: one of an earlier term may be of an old state.
void Replica::State::receive_chunk(NodeId from, const wire::SnapshotChunk& chunk) {
  if (chunk.term != core.term() || from != core.leader() || core.is_leader()) return;
  if (chunk.last.index <= core.commit_index()) {
    // It has what it was sent for, and says so.
    core.install(now, {.last = chunk.last, .membership = {}});
    return;
  }
  receiver.on(from, chunk, output);
}

void Replica::State::receive_ack(NodeId from, const wire::SnapshotAck& ack) {
  if (ack.term != core.term()) return;
  const bool is_suspect = sender.on(now, core, from, ack, output);
  if (is_suspect && ack.number == newest_snapshot.number) {
    replace_newest_snapshot("node " + std::to_string(from.value()) +
                            " got all of it and could not use it");
  }
}

std::string Replica::State::snapshot_trouble() const {
  return core.is_leader() ? sender.trouble() : receiver.trouble();
}

void Replica::State::done(result::Received& received) {
  receiver.on(core, received, output);
}

void Replica::State::done(result::NotReceived& failed) {
  receiver.on(core, failed, output);
}

void Replica::State::done(result::Fetched& fetched) {
  using kv::Reply;
  const auto answer = [&](Reply reply) {
    output.completions.push_back({fetched.key, std::move(reply)});
  };
  const storage::SnapshotId& id = fetched.id;
  if (!id.last.index) {
    return answer(Reply::error("SNAPSHOTGONE there is no such snapshot, or none any more"));
  }
  if (!fetched.bytes) return answer(Reply::error("ERR " + fetched.bytes.error().message()));
  const auto number = [](std::uint64_t value) {
    return Reply::integer(static_cast<std::int64_t>(value));
  };
  // Drawn from all 64 bits, so the number is no integer of the protocol.
  answer(Reply::array({number(id.last.index.value()), number(id.last.term.value()),
                       Reply::bulk(std::to_string(id.number)), number(id.bytes),
                       Reply::bulk(std::move(*fetched.bytes))}));
}

// The snapshot is durable: now the log may follow it, and the state be replaced.
void Replica::State::done(result::Loaded& loaded) {
  receiver.end();
  if (!core.install(now, loaded.meta)) {
    output.snapshot_jobs.emplace_back(job::Free{std::move(loaded.state)});
    return;
  }
  committed.clear();  // it has them
  maker.abandon(output.snapshot_jobs);
  newest_snapshot = loaded.id;
  output.snapshot_jobs.emplace_back(job::Free{std::exchange(machine, std::move(loaded.state))});
  // What of ours was applied in between, nobody has told us the answers to.
  const auto numbering = machine.numbering_of(core.id());
  writes.skipped(numbering.epoch, numbering.next_seq);
}

}  // namespace holdfast::replica
