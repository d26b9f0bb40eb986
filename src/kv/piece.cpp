#include "kv/piece.hpp"

#include "kv/reply.hpp"

namespace holdfast::kv {
namespace {

constexpr std::uint8_t kVersion = 1;

RecordedReply get_recorded(Reader& in) {
  const auto request = in.u64();
  const auto command = in.u64();
  const std::string_view encoded = in.bytes();
  Reader reply(encoded);
  static_cast<void>(decode_reply(reply));
  if (!reply.finished()) in.fail();
  return RecordedReply{request, command, Value(std::string(encoded))};
}

}  // namespace

void put_piece_kind(PieceKind kind, Writer& out) {
  out.put(kVersion);
  out.put(static_cast<std::uint8_t>(kind));
}

std::optional<PieceKind> get_piece_kind(Reader& in) {
  const auto version = in.u8();
  const auto kind = in.u8();
  const bool is_known = version == kVersion && kind >= 1 && kind <= 3;
  if (!is_known) in.fail();
  return is_known ? std::optional(static_cast<PieceKind>(kind)) : std::nullopt;
}

void put_header(const CopyHeader& header, Writer& out) {
  out.put(header.applied_index);
  out.put(header.cluster_time_ms);
  out.put(header.last_session_id);
  out.put(header.sessions);
  out.put(header.keys);
  out.put(static_cast<std::uint32_t>(header.origins.size()));
  for (const auto& [node, origin] : header.origins) {
    out.put(node);
    out.put(origin.epoch);
    out.put(origin.next_seq);
  }
}

CopyHeader get_header(Reader& in) {
  CopyHeader header;
  header.applied_index = in.id<Index>();
  header.cluster_time_ms = in.u64();
  header.last_session_id = in.u64();
  header.sessions = in.u64();
  header.keys = in.u64();
  const auto count = in.u32();
  Origins& origins = header.origins;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const auto node = in.id<NodeId>();
    const auto epoch = in.id<Index>();
    const auto next_seq = in.u64();
    const bool rises = origins.empty() || origins.rbegin()->first < node;
    if (!rises || epoch > header.applied_index || next_seq == 0) in.fail();
    origins.emplace_hint(origins.end(), node, Origin{epoch, next_seq});
  }
  return header;
}

void put_session(const Session& session, Writer& out) {
  out.put(session.id);
  out.put(session.used_ms);
  out.put(session.lowest_awaited);
  out.put(static_cast<std::uint32_t>(session.replies.size()));
  for (const RecordedReply& reply : session.replies) {
    out.put(reply.request);
    out.put(reply.command);
    out.put_bytes(reply.encoded.view());
  }
}

Session get_session(Reader& in) {
  Session session{.id = in.u64(), .used_ms = in.u64(), .lowest_awaited = in.u64()};
  const auto count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) session.replies.push_back(get_recorded(in));
  return session;
}

}  // namespace holdfast::kv
