#include <algorithm>
#include <utility>

#include "base/planted.hpp"
#include "kv/state.hpp"

namespace holdfast::kv {
namespace {

// More is not reserved ahead, lest a piece of "all that there is" takes memory for it.
constexpr std::size_t kReservedMax = 1 << 20;
// Its last pair ends behind what was asked for: to make room for that would copy the whole piece.
constexpr std::size_t kReservedBehind = 64 << 10;

std::string new_piece(PieceKind kind, std::size_t bytes) {
  std::string piece;
  piece.reserve(std::min(bytes, kReservedMax) + kReservedBehind);
  Writer out(piece);
  put_piece_kind(kind, out);
  return piece;
}

}  // namespace

void StateMachine::begin_copy() {
  State& state = *state_;
  abandon_copy();
  state.keyspace.begin_copy();
  const bool with_sessions = !planted(Bug::kSnapshotWithoutSessions);
  if (with_sessions) state.sessions.begin_copy();
  Writer out(state.copy_header);
  put_piece_kind(PieceKind::kHeader, out);
  put_header({.applied_index = state.applied_index,
              .cluster_time_ms = state.cluster_time_ms,
              .session_time_ms = state.session_time_ms,
              .last_session_id = state.sessions.last_id(),
              .sessions = with_sessions ? state.sessions.size() : 0,
              .keys = state.keyspace.size(),
              .revision = state.keyspace.revision(),
              .origins = state.origins,
              .removals = state.keyspace.removals()},
             out);
}

bool StateMachine::is_copying() const {
  return state_->keyspace.is_copying();
}

std::string StateMachine::next_piece(std::size_t bytes) {
  State& state = *state_;
  if (!is_copying()) return {};
  if (!state.copy_header.empty()) return std::exchange(state.copy_header, {});
  if (state.sessions.is_copying()) {
    std::string piece = new_piece(PieceKind::kSessions, bytes);
    if (state.sessions.put_copied(bytes, piece)) return piece;
  }
  std::string piece = new_piece(PieceKind::kKeys, bytes);
  if (state.keyspace.put_copied(bytes, piece)) return piece;
  abandon_copy();
  return {};
}

std::size_t StateMachine::copy_bytes_waiting() const {
  return state_->copy_header.size() + state_->sessions.copy_bytes_waiting() +
         state_->keyspace.copy_bytes_waiting();
}

void StateMachine::abandon_copy() {
  state_->copy_header.clear();
  state_->sessions.end_copy();
  state_->keyspace.end_copy();
}

std::size_t StateMachine::state_bytes() const {
  return state_->keyspace.bytes() + state_->sessions.bytes();
}

}  // namespace holdfast::kv
