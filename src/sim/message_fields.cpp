#include "sim/message_fields.hpp"

#include "base/overload.hpp"

namespace holdfast::sim {

namespace {

// Read tokens start anywhere in 64 bits and rise; their low half tells them apart, and a page's
// numbers have 53 bits.
std::uint64_t low_half(std::uint64_t token) {
  return token & 0xffff'ffff;
}

Fields fields_of(const raft::AppendRequest& m) {
  std::uint64_t bytes = 0;
  for (const raft::Entry& entry : m.entries) bytes += entry.payload.size();
  return {{"term", m.term.value()},           {"prev_index", m.prev_index.value()},
          {"prev_term", m.prev_term.value()}, {"commit", m.commit.value()},
          {"entries", m.entries.size()},      {"bytes", bytes}};
}

Fields fields_of(const raft::AppendResponse& m) {
  if (m.accepted) return {{"term", m.term.value()}, {"match", m.match.value()}};
  const raft::TermRun newest = m.runs.empty() ? raft::TermRun() : m.runs.front();
  return {{"term", m.term.value()},
          {"rejected", m.rejected.value()},
          {"last", m.last.value()},
          {"conflict_term", newest.term.value()},
          {"conflict_first", newest.first.value()},
          {"runs", m.runs.size()}};
}

Fields fields_of(const raft::Message& message) {
  return std::visit(
      Overload{[](const raft::VoteRequest& m) -> Fields {
                 return {{"term", m.term.value()},
                         {"last_index", m.last_index.value()},
                         {"last_term", m.last_term.value()},
                         {"forced", m.forced}};
               },
               [](const raft::VoteResponse& m) -> Fields {
                 return {{"term", m.term.value()}, {"pre", m.pre}, {"granted", m.granted}};
               },
               [](const raft::AppendRequest& m) { return fields_of(m); },
               [](const raft::AppendResponse& m) { return fields_of(m); },
               [](const raft::Heartbeat& m) -> Fields {
                 return {{"term", m.term.value()},
                         {"commit", m.commit.value()},
                         {"round", m.round.value()}};
               },
               [](const raft::HeartbeatResponse& m) -> Fields {
                 return {{"term", m.term.value()},
                         {"round", m.round.value()},
                         {"received", m.received.value()}};
               },
               [](const raft::ReadIndexRequest& m) -> Fields {
                 return {{"term", m.term.value()}, {"token", low_half(m.token)}};
               },
               [](const raft::ReadIndexResponse& m) -> Fields {
                 return {{"term", m.term.value()},
                         {"token", low_half(m.token)},
                         {"granted", m.granted},
                         {"index", m.index.value()}};
               },
               [](const raft::TimeoutNow& m) -> Fields {
                 return {{"term", m.term.value()}};
               },
               [](const raft::Removed& m) -> Fields {
                 return {{"term", m.term.value()}};
               }},
      message);
}

}  // namespace

Fields fields_of(const wire::PeerMessage& message) {
  return std::visit(Overload{[](const raft::Message& m) { return fields_of(m); },
                             [](const wire::Forward& m) -> Fields {
                               return {{"term", m.term.value()}, {"bytes", m.section.size()}};
                             },
                             [](const wire::SnapshotChunk& m) -> Fields {
                               return {{"term", m.term.value()},
                                       {"last", m.last.index.value()},
                                       {"offset", m.offset},
                                       {"bytes", m.bytes.size()}};
                             },
                             [](const wire::SnapshotAck& m) -> Fields {
                               return {{"term", m.term.value()}, {"received", m.received}};
                             }},
                    message);
}

}  // namespace holdfast::sim
