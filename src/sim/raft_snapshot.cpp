#include "sim/raft_snapshot.hpp"

#include "base/codec.hpp"

namespace holdfast::sim {

std::string encode(const RaftSnapshot& snapshot) {
  std::string bytes;
  Writer out(bytes);
  out.put(snapshot.meta.last.index);
  out.put(snapshot.meta.last.term);
  out.put_bytes(encode(snapshot.meta.membership));
  out.put(static_cast<std::uint64_t>(snapshot.commands.size()));
  for (const std::string& command : snapshot.commands) out.put_bytes(command);
  return bytes;
}

std::optional<RaftSnapshot> decode_snapshot(std::string_view bytes) {
  Reader in(bytes);
  RaftSnapshot snapshot;
  snapshot.meta.last.index = in.id<Index>();
  snapshot.meta.last.term = in.id<Term>();
  auto membership = raft::decode_membership(in.bytes());
  for (std::uint64_t left = in.u64(); left > 0 && in.ok(); --left) {
    snapshot.commands.emplace_back(in.bytes());
  }
  if (!in.finished() || !membership) return std::nullopt;
  snapshot.meta.membership = std::move(*membership);
  return snapshot;
}

}  // namespace holdfast::sim
