#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kv/state_builder.hpp"
#include "kv/state_machine.hpp"

namespace holdfast::kv {

using Pieces = std::vector<std::string>;

// What is left of the copy under way.
inline Pieces rest_of_copy(StateMachine& state, std::size_t piece_bytes) {
  Pieces pieces;
  while (true) {
    pieces.push_back(state.next_piece(piece_bytes));
    if (pieces.back().empty()) break;
  }
  pieces.pop_back();
  return pieces;
}

inline Pieces copy_of(StateMachine& state, std::size_t piece_bytes = 1 << 16) {
  state.begin_copy();
  return rest_of_copy(state, piece_bytes);
}

// Nothing if a piece is refused or missing.
inline std::optional<StateMachine> built_of(const Pieces& pieces, Limits limits = {}) {
  StateBuilder builder(limits);
  for (const std::string& piece : pieces) {
    if (!builder.add(piece)) return std::nullopt;
  }
  return builder.finish();
}

inline std::optional<std::uint64_t> digest_of(const Pieces& pieces) {
  auto built = built_of(pieces);
  return built ? std::optional(built->digest()) : std::nullopt;
}

inline std::size_t size_of(const Pieces& pieces) {
  std::size_t bytes = 0;
  for (const std::string& piece : pieces) bytes += piece.size();
  return bytes;
}

// Copies a state again and again while a random history changes it; takes pieces of random sizes at
// random moments, or gives up and begins anew. Returns what is wrong with the states that are
// built of the copies, or nothing.
std::string broken_copy(std::uint64_t seed);

}  // namespace holdfast::kv
