#include "replica/snapshot_receiver.hpp"

namespace holdfast::replica {

void SnapshotReceiver::on(NodeId from, const wire::SnapshotChunk& chunk, Output& output) {
  const storage::SnapshotId id{chunk.last, chunk.number, chunk.total};
  const bool is_offer = chunk.bytes.size() == 0;
  if (!incoming_ || incoming_->id != id) {
    incoming_ = Incoming{.id = id, .from = from};
    output.snapshot_jobs.emplace_back(job::BeginReceive{id});
    return;
  }
  incoming_->from = from;
  if (!incoming_->is_open || incoming_->is_complete) return;
  if (is_offer) {
    // What was under way is lost.
    incoming_->next = incoming_->there;
    output.snapshot_jobs.emplace_back(job::Receive{incoming_->there, Payload()});
  } else if (chunk.offset == incoming_->next) {
    incoming_->next += chunk.bytes.size();
    output.snapshot_jobs.emplace_back(job::Receive{chunk.offset, chunk.bytes});
  }
}

void SnapshotReceiver::on(const raft::Core& core, const result::Received& received,
                          Output& output) {
  if (!incoming_ || incoming_->id != received.id || incoming_->is_complete) return;
  if (!incoming_->is_open) incoming_->next = received.bytes;
  incoming_->is_open = true;
  incoming_->there = received.bytes;
  if (incoming_->there >= incoming_->id.bytes) {
    incoming_->is_complete = true;
    output.snapshot_jobs.emplace_back(job::FinishReceive{});
  }
  acknowledge(core, incoming_->there, output);
}

void SnapshotReceiver::on(const raft::Core& core, const result::NotReceived& failed,
                          Output& output) {
  if (incoming_ && incoming_->id == failed.id) {
    acknowledge(core, wire::SnapshotAck::kNotTaken, output);
    incoming_.reset();
  }
  std::string trouble = "a snapshot could not be received: " + failed.reason;
  output.trace.push_back(trouble);
  if (trouble_ == trouble) return;
  trouble_ = std::move(trouble);
  output.warnings.push_back(trouble_);
}

void SnapshotReceiver::end() {
  incoming_.reset();
  trouble_.clear();
}

void SnapshotReceiver::acknowledge(const raft::Core& core, std::uint64_t received, Output& output) {
  output.messages.push_back({incoming_->from, wire::SnapshotAck{.term = core.term(),
                                                                .number = incoming_->id.number,
                                                                .received = received}});
}

}  // namespace holdfast::replica
