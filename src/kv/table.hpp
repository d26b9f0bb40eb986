#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/checksum.hpp"
#include "kv/value.hpp"

namespace holdfast::kv {

struct KeyHash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view key) const { return checksum(key); }
};
struct KeyEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

struct Entry {
  Value value;
  std::uint32_t copied = 0;  // the last copy that has this pair, or that began before it was there
};
using Table = boost::unordered_flat_map<std::string, Entry, KeyHash, KeyEqual>;

struct Slot {
  Table table;
  std::uint64_t digest = 0;
  bool dirty = false;
};

}  // namespace holdfast::kv
