#include "kv/piece.hpp"

#include <algorithm>

#include "kv/command.hpp"
#include "kv/reply.hpp"

namespace holdfast::kv {
namespace {

constexpr std::uint8_t kVersion = 2;

RecordedReply get_recorded(Reader& in) {
  const auto request = in.u64();
  const auto command = in.u64();
  const std::string_view encoded = in.bytes();
  Reader reply(encoded);
  static_cast<void>(decode_reply(reply));
  if (!reply.finished()) in.fail();
  return RecordedReply{request, command, Value(std::string(encoded))};
}

void put_removals(const std::vector<std::uint64_t>& removals, Writer& out) {
  const auto is_zero = [](std::uint64_t revision) { return revision == 0; };
  out.put(static_cast<std::uint32_t>(
      removals.size() - static_cast<std::size_t>(std::ranges::count_if(removals, is_zero))));
  for (std::size_t slot = 0; slot < removals.size(); ++slot) {
    if (removals[slot] == 0) continue;
    out.put(static_cast<std::uint16_t>(slot));
    out.put(removals[slot]);
  }
}

std::vector<std::uint64_t> get_removals(std::uint64_t last_revision, Reader& in) {
  std::vector<std::uint64_t> removals(kSlotCount);
  const auto count = in.u32();
  std::size_t next = 0;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const std::size_t slot = in.u16();
    const auto revision = in.u64();
    if (slot < next || slot >= kSlotCount || revision == 0 || revision > last_revision) in.fail();
    if (in.ok()) removals[slot] = revision;
    next = slot + 1;
  }
  return removals;
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
  out.put(header.session_time_ms);
  out.put(header.last_session_id);
  out.put(header.sessions);
  out.put(header.keys);
  out.put(header.revision);
  out.put(static_cast<std::uint32_t>(header.origins.size()));
  for (const auto& [node, origin] : header.origins) {
    out.put(node);
    out.put(origin.epoch);
    out.put(origin.next_seq);
  }
  put_removals(header.removals, out);
}

CopyHeader get_header(Reader& in) {
  CopyHeader header;
  header.applied_index = in.id<Index>();
  header.cluster_time_ms = in.u64();
  header.session_time_ms = in.u64();
  header.last_session_id = in.u64();
  header.sessions = in.u64();
  header.keys = in.u64();
  header.revision = in.u64();
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
  header.removals = get_removals(header.revision, in);
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

void put_pair(const Pair& pair, Writer& out) {
  out.put_bytes(pair.key);
  out.put_bytes(pair.value);
  out.put(pair.expires_ms);
  out.put(pair.revision);
}

Pair get_pair(Reader& in) {
  Pair pair{.key = in.bytes(), .value = in.bytes()};
  pair.expires_ms = in.u64();
  pair.revision = in.u64();
  return pair;
}

}  // namespace holdfast::kv
