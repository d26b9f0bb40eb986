#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/ids.hpp"

namespace holdfast::frontend {

inline constexpr std::int64_t kNodeIdMax = 65'535;

// What every connection of a node shares; outlives them all.
struct Settings {
  NodeId node;
  std::uint64_t cluster = 0;      // its id, for nodes that want to join
  std::string version = "0.1.0";  // Holdfast's own; clients are told a Redis version besides
  std::string password;           // empty: none is asked for
  bool enable_debug = false;

  // Over these a command is refused and the connection goes on.
  std::size_t key_bytes_max = 64 << 10;
  std::size_t value_bytes_max = 64 << 20;
  std::size_t command_bytes_max = 96 << 20;  // all arguments of one command, and their overhead

  // At these a connection is not read until earlier requests are answered. One request always
  // gets through. The bytes are of requests not yet answered and of replies not yet written.
  std::size_t pending_requests_max = 1024;
  std::size_t pending_bytes_max = 64 << 20;

  // At the first a connection is not read until its client has taken its replies; at the second
  // it is closed.
  std::size_t output_bytes_pause = 1 << 20;
  std::size_t output_bytes_max = 1 << 30;
};

// The version of Redis whose commands and replies are followed: clients choose by it.
inline constexpr const char* kRedisVersion = "7.2.4";

}  // namespace holdfast::frontend
