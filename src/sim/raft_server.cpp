#include "sim/raft_server.hpp"

#include <algorithm>
#include <utility>

#include "base/checksum.hpp"

namespace holdfast::sim {

namespace {

bool is_command(const raft::Entry& entry) {
  return entry.kind == raft::EntryKind::kCommand;
}

}  // namespace

RaftServer::Started RaftServer::start_command(std::string command) {
  const auto index = core_.propose(Payload(std::move(command)));
  if (!index) return {.index = 0, .term = core_.term(), .accepted = false};
  return {.index = commands_up_to(*index), .term = core_.term(), .accepted = true};
}

// `index` is past what is applied.
std::uint64_t RaftServer::commands_up_to(Index index) const {
  const auto waiting =
      core_.log().from(applied_index_.next()).first(index.value() - applied_index_.value());
  return commands_applied_ + static_cast<std::uint64_t>(std::ranges::count_if(waiting, is_command));
}

void RaftServer::receive(Instant now, NodeId from, wire::PeerMessage message) {
  auto* raft = std::get_if<raft::Message>(&message);
  if (raft != nullptr) core_.receive(now, {from, core_.id(), std::move(*raft)});
}

replica::Output RaftServer::end_turn(Instant now) {
  if (now >= core_.next_deadline()) core_.tick(now);
  raft::Effects effects = core_.take_effects(now);
  replica::Output output;
  output.persist = std::move(effects.persist);
  for (raft::Envelope& envelope : effects.messages) {
    output.messages.push_back({envelope.to, std::move(envelope.message)});
  }
  for (const raft::Committed& committed : effects.committed) apply(committed);
  output.trace = std::move(effects.trace);
  output.fault = core_.fault();
  return output;
}

void RaftServer::apply(const raft::Committed& committed) {
  applied_index_ = committed.index;
  if (is_command(committed.entry)) {
    ++commands_applied_;
    digest_ = checksum(committed.entry.payload.view(), digest_);
  }
  listener_.applied(core_.id(), committed);
}

}  // namespace holdfast::sim
