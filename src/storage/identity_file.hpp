#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "raft/membership.hpp"
#include "storage/segment.hpp"

namespace holdfast::storage {

inline constexpr std::uint64_t kFolderVersion = 2;
inline constexpr std::size_t kIdentityBytesMax = 64 << 10;

// DIR/identity: a text, so that a person can read whose folder it is. docs/log-format.md shows it.
struct IdentityFile {
  Identity identity;
  // The voters with which the cluster began; none: the node began as one that waits to be added.
  raft::Membership initial = {};

  bool operator==(const IdentityFile&) const = default;
};

std::string encode(const IdentityFile& file);

struct IdentityFlaw {
  std::optional<std::uint64_t> version;  // whole, but of this format version; nothing: damaged
};
std::expected<IdentityFile, IdentityFlaw> decode_identity(std::string_view text);

}  // namespace holdfast::storage
