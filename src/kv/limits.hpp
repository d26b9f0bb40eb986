#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast::kv {

// Bounds of the replicated state. They decide what commands answer, so they are the same on every
// node: constants of the version, not settings. (Tests choose smaller ones.)
struct Limits {
  std::size_t sessions_max = 10'000;
  std::size_t session_replies_max = 128;          // recorded per session
  std::size_t session_reply_bytes_max = 1 << 20;  // recorded per session; the last may overshoot
  std::size_t reply_bytes_max = 256 << 20;        // recorded by all sessions together
  std::uint64_t session_ttl_ms = 60 * 60 * 1000;  // by cluster time, since its last request
};

}  // namespace holdfast::kv
