#include "kv/dump.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "kv/integer.hpp"

namespace holdfast::kv {
namespace {

using Loaded = std::expected<std::string, DumpError>;

constexpr char kStringType = 0;
// Redis 7.0 writes 10. Later versions differ in what is no string.
constexpr unsigned kVersion = 10;
constexpr unsigned kVersionMax = 12;
constexpr std::size_t kSealBytes = 10;

// A length's first byte: the top two bits say what the rest is.
constexpr unsigned kLength6 = 0;
constexpr unsigned kLength14 = 1;
constexpr unsigned kLengthLong = 2;
constexpr unsigned kEncoded = 3;
constexpr unsigned char kLength32 = 0x80;
constexpr unsigned char kLength64 = 0x81;
// The rest, of kEncoded.
constexpr unsigned kInt8 = 0;
constexpr unsigned kInt32 = 2;
constexpr unsigned kCompressed = 3;
// Redis looks for an integer in no longer string.
constexpr std::size_t kIntegerBytesMax = 11;

// CRC-64/Jones.
constexpr auto kCrcTable = [] {
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x95ac9329ac4bc9b5u : 0u);
    table[byte] = crc;
  }
  return table;
}();

std::uint64_t crc64(std::string_view bytes) {
  std::uint64_t crc = 0;
  for (const char c : bytes)
    crc = kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return crc;
}

void put_little(std::uint64_t number, unsigned bytes, std::string& out) {
  for (unsigned i = 0; i < bytes; ++i) out += static_cast<char>(number >> 8 * i & 0xff);
}

void put_big(std::uint64_t number, unsigned bytes, std::string& out) {
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(number >> 8 * i & 0xff);
}

void put_length(std::size_t length, std::string& out) {
  if (length < 1 << 6) return put_big(length, 1, out);
  if (length < 1 << 14) return put_big(kLength14 << 14 | length, 2, out);
  const bool is_short = length <= UINT32_MAX;
  out += static_cast<char>(is_short ? kLength32 : kLength64);
  put_big(length, is_short ? 4 : 8, out);
}

void put_string(std::string_view value, std::string& out) {
  const auto number = value.size() <= kIntegerBytesMax ? parse_integer(value) : std::nullopt;
  for (unsigned kind = kInt8; number && kind <= kInt32; ++kind) {
    const unsigned bytes = 1u << kind;
    const std::int64_t bound = std::int64_t{1} << (8 * bytes - 1);
    if (*number < -bound || *number >= bound) continue;
    out += static_cast<char>(kEncoded << 6 | kind);
    return put_little(static_cast<std::uint64_t>(*number), bytes, out);
  }
  put_length(value.size(), out);
  out += value;
}

// What is left to read. Nothing comes back from behind the end.
class DumpReader {
 public:
  explicit DumpReader(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::optional<std::string_view> take(std::uint64_t size) {
    if (size > bytes_.size()) return std::nullopt;
    const auto taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  std::optional<std::uint64_t> little(unsigned size) { return number(size, false); }
  std::optional<std::uint64_t> big(unsigned size) { return number(size, true); }
  std::optional<unsigned> byte() {
    const auto value = number(1, false);
    return value ? std::optional(static_cast<unsigned>(*value)) : std::nullopt;
  }

 private:
  std::optional<std::uint64_t> number(unsigned size, bool is_big) {
    const auto taken = take(size);
    if (!taken) return std::nullopt;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) {
      const std::size_t at = is_big ? i : size - 1 - i;
      value = value << 8 | static_cast<unsigned char>((*taken)[at]);
    }
    return value;
  }

  std::string_view bytes_;
};

// Behind a first byte that is not of kEncoded.
std::optional<std::uint64_t> get_length(unsigned first, DumpReader& in) {
  if (first >> 6 == kLength6) return first;
  if (first >> 6 == kLength14) {
    const auto low = in.byte();
    return low ? std::optional<std::uint64_t>((first & 0x3f) << 8 | *low) : std::nullopt;
  }
  if (first == kLength32) return in.big(4);
  return first == kLength64 ? in.big(8) : std::nullopt;
}

std::optional<std::uint64_t> get_length(DumpReader& in) {
  const auto first = in.byte();
  if (!first || *first >> 6 == kEncoded) return std::nullopt;
  return get_length(*first, in);
}

// LZF: runs of bytes as they are, and references to what was written before.
bool decompress(DumpReader in, std::size_t size, std::string& out) {
  while (!in.empty()) {
    const unsigned control = *in.byte();
    if (control < 32) {
      const auto run = in.take(control + 1);
      if (!run || out.size() + run->size() > size) return false;
      out += *run;
      continue;
    }
    std::size_t length = control >> 5;
    if (length == 7) {
      const auto more = in.byte();
      if (!more) return false;
      length += *more;
    }
    const auto low = in.byte();
    if (!low) return false;
    const std::size_t distance = ((control & 0x1f) << 8 | *low) + 1;
    length += 2;
    if (distance > out.size() || out.size() + length > size) return false;
    // Byte by byte: a reference may reach into what it writes.
    for (std::size_t i = 0; i < length; ++i) out += out[out.size() - distance];
  }
  return out.size() == size;
}

Loaded get_compressed(DumpReader& in, std::size_t size_max) {
  const auto packed_size = get_length(in);
  const auto size = packed_size ? get_length(in) : std::nullopt;
  const auto packed = size ? in.take(*packed_size) : std::nullopt;
  if (!packed) return std::unexpected(DumpError::kBody);
  if (*size > size_max) return std::unexpected(DumpError::kSize);
  std::string value;
  if (!decompress(DumpReader(*packed), *size, value)) return std::unexpected(DumpError::kBody);
  return value;
}

Loaded get_integer(unsigned bytes, DumpReader& in) {
  const auto number = in.little(bytes);
  if (!number) return std::unexpected(DumpError::kBody);
  const unsigned unused = 64 - 8 * bytes;
  const auto value = static_cast<std::int64_t>(*number << unused) >> unused;
  return std::string(IntegerText(value).view());
}

Loaded get_string(DumpReader& in, std::size_t size_max) {
  const auto first = in.byte();
  if (!first) return std::unexpected(DumpError::kBody);
  if (*first >> 6 == kEncoded) {
    const unsigned kind = *first & 0x3f;
    if (kind <= kInt32) return get_integer(1u << kind, in);
    return kind == kCompressed ? get_compressed(in, size_max) : std::unexpected(DumpError::kBody);
  }
  const auto size = get_length(*first, in);
  const auto bytes = size ? in.take(*size) : std::nullopt;
  if (!bytes) return std::unexpected(DumpError::kBody);
  return std::string(*bytes);
}

}  // namespace

std::string dump_string(std::string_view value) {
  std::string payload(1, kStringType);
  put_string(value, payload);
  put_little(kVersion, 2, payload);
  put_little(crc64(payload), 8, payload);
  return payload;
}

// Redis doesn't look at what is between the value and the seal either.
std::expected<std::string, DumpError> load_dump(std::string_view payload, std::size_t size_max) {
  if (payload.size() < kSealBytes) return std::unexpected(DumpError::kSeal);
  const std::size_t body = payload.size() - kSealBytes;
  DumpReader seal(payload.substr(body));
  const auto version = *seal.little(2);
  const auto crc = *seal.little(8);
  if (version > kVersionMax || crc != crc64(payload.substr(0, body + 2))) {
    return std::unexpected(DumpError::kSeal);
  }
  DumpReader in(payload.substr(0, body));
  if (in.byte() != unsigned{kStringType}) return std::unexpected(DumpError::kBody);
  auto value = get_string(in, size_max);
  if (value && value->size() > size_max) return std::unexpected(DumpError::kSize);
  return value;
}

}  // namespace holdfast::kv
