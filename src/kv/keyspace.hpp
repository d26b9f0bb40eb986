#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kv/keyspace_copy.hpp"
#include "kv/table.hpp"
#include "kv/value.hpp"

namespace holdfast::kv {

// The keys and their values, in 16,384 tables by Redis Cluster slot. Small tables bound the pause
// of a rehash, and a slot is the unit of the digest's cache.
//
// Invariants: a key is in the table of its own slot; size() is the sum of the tables' sizes;
// digest_sum_ is the sum of all slots' digests as of their last change before dirty_ was
// emptied; a slot is in dirty_ exactly if it is marked so; no pair's `copied` is above copies_.
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
  std::size_t bytes() const { return bytes_; }  // that a copy takes

  // Begins a copy of what is here now, instead of an earlier one that isn't finished.
  void begin_copy() { copy_ = std::make_unique<KeyspaceCopy>(++copies_); }
  void end_copy() { copy_ = nullptr; }
  bool is_copying() const { return copy_ != nullptr; }
  // The next pairs of the copy, to a piece's end. Nothing and false: it has them all. Requires
  // that there is a copy.
  bool put_copied(std::size_t bytes, std::string& piece) {
    return copy_->put_next(slots_, bytes, piece);
  }
  std::size_t copy_bytes_waiting() const { return copy_ ? copy_->bytes_waiting() : 0; }

  // To build a keyspace from a copy: makes room in a slot; adds a pair, unless the key is there.
  void reserve(std::uint16_t slot, std::size_t more);
  bool restore(std::uint16_t slot, std::string key, Value value);

 private:
  // Must be called whenever the slot's table is changed.
  void mark_changed(std::uint16_t number);
  void insert(std::uint16_t number, std::string_view key, std::string_view value);

  std::vector<Slot> slots_;
  std::vector<std::uint16_t> dirty_;
  std::uint64_t digest_sum_ = 0;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint32_t copies_ = 0;            // that were ever begun
  std::unique_ptr<KeyspaceCopy> copy_;  // null: none is under way
};

}  // namespace holdfast::kv
