#pragma once

#include <cstdint>
#include <vector>

#include "kv/value.hpp"

namespace holdfast::kv {

// The reply to a request, kept until the client says that it has it.
struct RecordedReply {
  std::uint64_t request = 0;
  std::uint64_t command = 0;  // fingerprint of the command, to notice a number that is used twice
  Value encoded;

  // Decides what is refused and dropped, so it must not depend on a compiler's sizeof.
  std::size_t bytes() const { return kOverheadBytes + encoded.size(); }
  static constexpr std::size_t kOverheadBytes = 64;
};

struct Session {
  std::uint64_t id = 0;
  std::uint64_t used_ms = 0;                // cluster time of the last request
  std::uint64_t lowest_awaited = 1;         // requests below are answered and forgotten
  std::vector<RecordedReply> replies = {};  // by request number, none below lowest_awaited
  std::size_t reply_bytes = 0;              // the sum of the replies' bytes()
  std::uint64_t replies_digest = 0;         // the sum of the replies' digests
  std::size_t copy_place = 0;               // see SessionsCopy
};

}  // namespace holdfast::kv
