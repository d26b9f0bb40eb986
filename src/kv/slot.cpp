#include <array>

#include "kv/command.hpp"

namespace holdfast::kv {
namespace {

// CRC-16/XMODEM, polynomial 0x1021: the one in the Redis Cluster specification. By four bytes at a
// time: a table has what a byte does to the sum with so many more bytes behind it.
constexpr std::size_t kStride = 4;
using Crc16Table = std::array<std::uint16_t, 256>;

constexpr unsigned shift(unsigned crc) {
  for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021u : 0u);
  return crc & 0xffff;
}

constexpr std::array<Crc16Table, kStride> make_crc16_tables() {
  std::array<Crc16Table, kStride> tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (Crc16Table& table : tables) table[byte] = static_cast<std::uint16_t>(crc = shift(crc));
  }
  return tables;
}
constexpr auto kCrc16Tables = make_crc16_tables();

unsigned crc16(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  unsigned crc = 0;
  for (; bytes.size() >= kStride; bytes.remove_prefix(kStride)) {
    crc = kCrc16Tables[3][byte(0) ^ (crc >> 8)] ^ kCrc16Tables[2][byte(1) ^ (crc & 0xff)] ^
          kCrc16Tables[1][byte(2)] ^ kCrc16Tables[0][byte(3)];
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    crc = ((crc << 8) & 0xffff) ^ kCrc16Tables[0][(crc >> 8) ^ byte(i)];
  }
  return crc;
}

// What stands between the first '{' and the next '}', unless that is empty.
std::string_view hashed_part(std::string_view key) {
  const auto open = key.find('{');
  if (open == std::string_view::npos) return key;
  const auto close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace

std::uint16_t key_slot(std::string_view key) {
  return static_cast<std::uint16_t>(crc16(hashed_part(key)) % kSlotCount);
}

}  // namespace holdfast::kv
