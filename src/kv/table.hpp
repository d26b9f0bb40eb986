#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <string_view>

#include "base/checksum.hpp"
#include "kv/entry.hpp"

namespace holdfast::kv {

inline std::string_view key_of(std::string_view key) {
  return key;
}
inline std::string_view key_of(const EntryHandle& entry) {
  return entry->key();
}

// A key whose hash is known.
struct HashedKey {
  std::string_view key;
  std::size_t hash;
};
inline std::string_view key_of(const HashedKey& hashed) {
  return hashed.key;
}

struct KeyHash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(const auto& key) const { return checksum(key_of(key)); }
  std::size_t operator()(const HashedKey& hashed) const { return hashed.hash; }
};
struct KeyEqual {
  using is_transparent = void;
  bool operator()(const auto& a, const auto& b) const { return key_of(a) == key_of(b); }
};

using Table = boost::unordered_flat_set<EntryHandle, KeyHash, KeyEqual>;

struct Slot {
  Table table;
  std::uint64_t digest = 0;
  bool dirty = false;
};

}  // namespace holdfast::kv
