#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "raft/types.hpp"

namespace holdfast::sim {

// A snapshot of what a RaftServer keeps: the commands applied, as in the course.
struct RaftSnapshot {
  raft::SnapshotMeta meta;
  std::vector<std::string> commands;

  bool operator==(const RaftSnapshot&) const = default;
};

std::string encode(const RaftSnapshot& snapshot);
// Nothing: these bytes are none.
std::optional<RaftSnapshot> decode_snapshot(std::string_view bytes);

}  // namespace holdfast::sim
