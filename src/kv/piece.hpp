#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.hpp"
#include "base/ids.hpp"
#include "kv/session.hpp"

namespace holdfast::kv {

// How far a node's numbered commands were applied.
struct Origin {
  Index epoch;
  std::uint64_t next_seq = 1;
};
using Origins = std::map<NodeId, Origin>;

// A copy of a state is a row of pieces. Each is u8 version, u8 kind, and by its kind:
//
//   header    u64 applied index, u64 cluster time, u64 session time, u64 last session id, u64
//   number of sessions,
//             u64 number of keys, u64 last revision, u32 number of origins; of each, by rising
//             node id: u64 node id, u64 epoch, u64 next number; u32 number of slots from which a
//             key was ever removed; of each, by rising number: u16 slot, u64 revision of the last
//             removal
//   sessions  until the piece's end, from the one that is idle longest: u64 id, u64 used at,
//             u64 lowest awaited, u32 number of replies; of each, by rising request:
//             u64 request, u64 fingerprint of the command, bytes of the encoded reply
//   keys      until the piece's end, runs of pairs whose keys are of one slot:
//             u32 number of pairs; of each: bytes of the key, bytes of the value, u64 cluster time
//             at which it expires (0: never), u64 revision
//
// The header comes first, then the sessions, then the keys in any order.
enum class PieceKind : std::uint8_t { kHeader = 1, kSessions = 2, kKeys = 3 };

struct CopyHeader {
  Index applied_index;
  std::uint64_t cluster_time_ms = 0;
  std::uint64_t session_time_ms = 0;
  std::uint64_t last_session_id = 0;
  std::uint64_t sessions = 0;  // in the pieces that follow
  std::uint64_t keys = 0;
  std::uint64_t revision = 0;
  Origins origins;
  std::vector<std::uint64_t> removals = {};  // by slot
};

// What get_… read fails `in` if it is malformed.
void put_piece_kind(PieceKind kind, Writer& out);
std::optional<PieceKind> get_piece_kind(Reader& in);

void put_header(const CopyHeader& header, Writer& out);
CopyHeader get_header(Reader& in);

void put_session(const Session& session, Writer& out);
// With each reply decodable; the sums are not in it yet.
Session get_session(Reader& in);

struct Pair {
  std::string_view key;
  std::string_view value;
  std::uint64_t expires_ms = 0;
  std::uint64_t revision = 0;
};
void put_pair(const Pair& pair, Writer& out);
// With views of the reader's input.
Pair get_pair(Reader& in);

inline constexpr std::size_t kSessionBytes = 28;  // without replies
inline constexpr std::size_t kPairBytes = 24;     // beyond the key and the value

}  // namespace holdfast::kv
