#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/batch.hpp"
#include "kv/expiry.hpp"

namespace holdfast::kv {

// What may follow the key and value of SET, or the key of GETEX.
struct SetOptions {
  enum Option : unsigned {
    kNx = 1 << 0,
    kXx = 1 << 1,
    kIfEq = 1 << 2,
    kGet = 1 << 3,
    kKeepTtl = 1 << 4,
    kPersist = 1 << 5,
    kEx = 1 << 6,
    kPx = 1 << 7,
    kExAt = 1 << 8,
    kPxAt = 1 << 9,
  };
  static constexpr unsigned kConditions = kNx | kXx | kIfEq;
  static constexpr unsigned kExpiries = kEx | kPx | kExAt | kPxAt;
  static constexpr unsigned kOfSet = kConditions | kGet | kKeepTtl | kExpiries;
  static constexpr unsigned kOfGetex = kPersist | kExpiries;

  unsigned given = 0;
  std::string_view if_equal;  // of kIfEq
  std::string_view expiry;    // of kExpiries

  bool has(unsigned options) const { return (given & options) != 0; }
  // Of kExpiries.
  ExpiryForm expiry_form(std::uint64_t now_ms) const {
    return {.in_seconds = has(kEx | kExAt), .from_ms = has(kEx | kPx) ? now_ms : 0};
  }
};

// Nothing: they make no sense, or are not all among those allowed.
std::optional<SetOptions> parse_set_options(Args words, unsigned allowed);

}  // namespace holdfast::kv
