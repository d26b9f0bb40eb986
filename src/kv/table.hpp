#pragma once

#include <bit>
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
  HashedKey() = default;
  explicit HashedKey(std::string_view of) : key(of), hash(checksum(of)) {}

  std::string_view key;
  std::uint64_t hash = 0;
};
inline std::string_view key_of(const HashedKey& hashed) {
  return hashed.key;
}

// Where a key is among those of its slot, in an order that no table's history changes: the first
// bits of its hash. Two keys have the same place hardly ever.
inline constexpr int kPlaceBits = 48;
inline std::uint64_t place_of(const HashedKey& key) {
  return key.hash >> (64 - kPlaceBits);
}

// A table finds a key by the first bits of this and by its last eight. The first bits of the
// checksum, of which places are made, are at neither end: the keys of neighbouring places are not
// neighbours in a table.
struct KeyHash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(const auto& key) const { return std::rotl(checksum(key_of(key)), 32); }
  std::size_t operator()(const HashedKey& key) const { return std::rotl(key.hash, 32); }
};
struct KeyEqual {
  using is_transparent = void;
  bool operator()(const auto& a, const auto& b) const { return key_of(a) == key_of(b); }
};

using Table = boost::unordered_flat_set<EntryHandle, KeyHash, KeyEqual>;

// Calls visit(iterator) for each, in no order to rely on.
template <class AnyTable, class Visit>
void for_each_at(AnyTable& table, const Visit& visit) {
  // Entries are anywhere in memory; each is fetched while those before it are visited.
  constexpr std::size_t kAhead = 8;
  const auto fetch = [](const EntryHandle& entry) { __builtin_prefetch(&*entry); };
  auto ahead = table.begin();
  for (std::size_t i = 0; i < kAhead && ahead != table.end(); ++i) fetch(*ahead++);
  for (auto at = table.begin(); at != table.end(); ++at) {
    if (ahead != table.end()) fetch(*ahead++);
    visit(at);
  }
}

template <class Visit>
void for_each_entry(const Table& table, const Visit& visit) {
  for_each_at(table, [&](Table::const_iterator at) { visit(**at); });
}

}  // namespace holdfast::kv
