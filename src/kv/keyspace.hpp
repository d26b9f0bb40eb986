#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/checksum.hpp"
#include "kv/value.hpp"

namespace holdfast::kv {

// The keys and their values, in 16,384 tables by Redis Cluster slot. Small tables bound the pause
// of a rehash, and a slot is the unit of the digest's cache.
//
// Invariants: a key is in the table of its own slot; size() is the sum of the tables' sizes;
// digest_sum_ is the sum of all slots' digests as of their last change before dirty_ was
// emptied; a slot is in dirty_ exactly if it is marked so.
class Keyspace {
 public:
  Keyspace();

  void set(std::string_view key, std::string_view value);
  // To the value's end; a key that isn't there counts as empty. Returns the new size in bytes.
  std::size_t append(std::string_view key, std::string_view bytes);
  bool erase(std::string_view key);
  void clear();

  // Null if there is none. Valid until the next change.
  const Value* find(std::string_view key) const;
  std::size_t size() const { return size_; }
  std::size_t size_of_slot(std::uint16_t slot) const { return slots_[slot].table.size(); }
  // The first `count` of the slot's keys in their own order. Valid until the next change.
  std::vector<std::string_view> keys_of_slot(std::uint16_t slot, std::size_t count) const;
  // Depends on the keys and values alone, not on how they came here. Reads again only the slots
  // that changed since the last call.
  std::uint64_t digest();

 private:
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view key) const { return checksum(key); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  };
  using Table = boost::unordered_flat_map<std::string, Value, Hash, Equal>;
  struct Slot {
    Table table;
    std::uint64_t digest = 0;
    bool dirty = false;
  };

  // Must be called whenever the slot's table is changed.
  void mark_changed(std::uint16_t number);

  std::vector<Slot> slots_;
  std::vector<std::uint16_t> dirty_;
  std::uint64_t digest_sum_ = 0;
  std::size_t size_ = 0;
};

}  // namespace holdfast::kv
