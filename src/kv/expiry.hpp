#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "kv/reply.hpp"

namespace holdfast::kv {

// How a client says when a key expires. `from_ms` is the time from which on it is counted: zero
// for a moment of Unix time.
struct ExpiryForm {
  bool in_seconds = false;
  std::uint64_t from_ms = 0;
};

Reply invalid_expiry(std::string_view command);

// In milliseconds of Unix time, negative if before 1970; an error reply of `command` if it is no
// integer or too large.
std::expected<std::int64_t, Reply> parse_expiry(std::string_view text, ExpiryForm form,
                                                std::string_view command);
// The same, of commands that take no time to live of zero or less.
std::expected<std::uint64_t, Reply> parse_lifetime(std::string_view text, ExpiryForm form,
                                                   std::string_view command);

}  // namespace holdfast::kv
