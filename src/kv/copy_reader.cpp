#include "kv/copy_reader.hpp"

namespace holdfast::kv {

bool CopyReader::add(std::string_view piece) {
  Reader in(piece);
  const auto kind = get_piece_kind(in);
  if (!kind || (kind == PieceKind::kHeader) == has_header_) return false;
  switch (*kind) {
    case PieceKind::kHeader:
      header_ = get_header(in);
      has_header_ = true;
      return in.finished();
    case PieceKind::kSessions:
      return add_sessions(in);
    case PieceKind::kKeys:
      return add_keys(in);
  }
  return false;
}

bool CopyReader::add_sessions(Reader& in) {
  while (!in.at_end()) {
    static_cast<void>(get_session(in));
    if (!in.ok() || ++sessions_ > header_.sessions) return false;
  }
  return true;
}

bool CopyReader::add_keys(Reader& in) {
  while (!in.at_end()) {
    const auto count = in.u32();
    if (count == 0 || count > in.remaining() / kPairBytes) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Pair pair = get_pair(in);
      if (!in.ok() || ++keys_ > header_.keys) return false;
      visit_(pair);
    }
  }
  return true;
}

}  // namespace holdfast::kv
