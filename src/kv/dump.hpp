#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace holdfast::kv {

// What DUMP writes and RESTORE reads, for strings: a value of Redis's RDB format, the version of
// that format, and a CRC-64 of both.
std::string dump_string(std::string_view value);

enum class DumpError {
  kSeal,  // another version, or another checksum
  kBody,  // no string
  kSize,  // a longer string than is allowed
};
std::expected<std::string, DumpError> load_dump(std::string_view payload, std::size_t size_max);

}  // namespace holdfast::kv
