#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// Bits of a value, the highest of the first byte first.

namespace holdfast::kv {

// Where a reader may look: Redis's largest value.
inline constexpr std::uint64_t kBitBytesMax = 512 << 20;

inline bool get_bit(std::string_view value, std::size_t at) {
  return (static_cast<unsigned char>(value[at / 8]) >> (7 - at % 8) & 1) != 0;
}
inline void set_bit(std::span<char> value, std::size_t at, bool bit) {
  const auto mask = static_cast<unsigned char>(0x80u >> at % 8);
  const auto old = static_cast<unsigned char>(value[at / 8]);
  value[at / 8] = static_cast<char>(bit ? old | mask : old & ~mask);
}

// Nothing: it is no integer, negative, or not within so many bytes.
std::optional<std::uint64_t> parse_bit_offset(std::string_view text, std::uint64_t bytes_max);

}  // namespace holdfast::kv
