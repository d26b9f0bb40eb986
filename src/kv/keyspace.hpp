#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kv/command.hpp"
#include "kv/deadlines.hpp"
#include "kv/keyspace_copy.hpp"
#include "kv/slot_table.hpp"

namespace holdfast::kv {

// A key, and its place among those of its slot. Valid until the next change.
struct PlacedKey {
  std::uint64_t place;
  std::string_view key;
  bool has_expired = false;
  auto operator<=>(const PlacedKey&) const = default;
};

// The keys and their values, by Redis Cluster slot. A slot is the unit of the digest's cache.
//
// Time is cluster time: what commands see depends on the log alone. A key whose time has come is
// as good as gone; its memory is given back by advance().
//
// Invariants: a key is in its own slot; size() is the sum of the slots' sizes;
// digest_sum_ is the sum of all slots' digests as of their last change before dirty_ was
// emptied; a slot is in dirty_ exactly if is_dirty_ says so; no entry's `copied` is above copies_,
// and none's `revision` above revision_; deadlines_ has exactly the entries that expire.
class Keyspace {
 public:
  Keyspace();

  // Takes over a later time, and removes up to `count` keys of which the time has come: those first
  // that expired first.
  void advance(std::uint64_t now_ms, std::size_t count);
  // Cluster time, in milliseconds of Unix time.
  std::uint64_t now_ms() const { return now_ms_; }
  // When the next key expires, or expired that is not yet removed. Nothing: never.
  std::optional<std::uint64_t> next_expiry_ms() const { return deadlines_.next_ms(); }

  void set(std::string_view key, std::string_view value, std::uint64_t expires_ms = 0);
  // To the value's end; a key that isn't there counts as empty. Returns the new size in bytes.
  std::size_t append(std::string_view key, std::string_view bytes);
  // The bytes of the value to be changed in place until anything else is called, with zeros behind
  // its end up to `size`. A key that isn't there counts as empty.
  std::span<char> edit(std::string_view key, std::size_t size);
  // Zero: never. False: there is no such key.
  bool set_expiry(std::string_view key, std::uint64_t expires_ms);
  bool erase(std::string_view key);
  void clear();
  // What clear() has taken out, to be destroyed where nobody waits for it: that takes time for each
  // key. Until it is taken it stays.
  struct Dropped {
    std::vector<Slot> slots;
    Deadlines deadlines;
  };
  std::vector<Dropped> take_dropped() { return std::exchange(dropped_, {}); }
  void keep_dropped(std::vector<Dropped> dropped) { dropped_ = std::move(dropped); }

  // Brings what a search for each of these keys reads into the processor's caches, for all of them
  // at once, up to kPrefetchMax. One after the other each would wait for memory three times.
  static constexpr std::size_t kPrefetchMax = 32;
  void prefetch(std::span<const std::string_view> keys) const;
  // Null if there is none. Valid until the next change.
  const Entry* find(std::string_view key) const;
  // Those that have expired and are not yet removed are counted as well.
  std::size_t size() const { return size_; }
  std::size_t size_of_slot(std::uint16_t slot) const { return slots_[slot].entries.size(); }
  // Calls visit(entry) for those of the slot that have not expired, in no order to rely on.
  template <class Visit>
  void for_each_in_slot(std::uint16_t slot, const Visit& visit) const {
    slots_[slot].entries.for_each([&](const Entry& entry) {
      if (!has_expired(entry)) visit(entry);
    });
  }
  // Looks at the slot's keys from a place on, in the order of places: `count` of them, one at
  // least, and others that are at the last one's place. Adds those that have not expired. Takes
  // time for `count`, and a little.
  struct Looked {
    std::size_t count;
    std::optional<std::uint64_t> next;  // the place to go on from; nothing: there are no more
  };
  Looked add_keys(std::uint16_t slot, std::uint64_t place, std::size_t count,
                  std::vector<PlacedKey>& keys) const;
  // The first `count` of those that have not expired, or more at the last one's place. Takes time
  // for those that have expired before them as well.
  std::vector<PlacedKey> keys_from(std::uint16_t slot, std::uint64_t place,
                                   std::size_t count) const;
  // The slot of the key of this number, and its number in it, if all were counted slot by slot.
  // Requires that there are more.
  std::pair<std::uint16_t, std::size_t> slot_of(std::size_t number) const;
  // Null: that has expired, or there are fewer. In no order to rely on.
  const Entry* nth_of_slot(std::uint16_t slot, std::size_t nth) const;
  std::size_t expiring() const { return deadlines_.size(); }  // that have an expiry
  std::uint64_t mean_expiry_ms() const { return deadlines_.mean_ms(); }
  std::uint64_t expired() const { return expired_; }  // that were removed for their time had come

  // The number of changes so far, which is the last one's revision.
  std::uint64_t revision() const { return revision_; }
  // A number that a key never has again once anything has changed it, be it that it is removed or
  // expires; for WATCH. It may change when another absent key of the slot is removed.
  std::uint64_t version_of(std::string_view key) const;

  // Of all that decides what commands answer, whatever the tables look like. Reads again only the
  // slots that changed since the last call.
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
  // By slot, the revision of the last removal of a key.
  const std::vector<std::uint64_t>& removals() const { return removals_; }

  // To build a keyspace from a copy: its counters; room in a slot; an entry, unless its key is
  // there or its revision can't be.
  void restore_counters(std::uint64_t now_ms, std::uint64_t revision,
                        std::vector<std::uint64_t> removals);
  void reserve(std::uint16_t slot, std::size_t more);
  bool restore(std::uint16_t slot, EntryHandle entry);

 private:
  static constexpr std::size_t kBlock = 128;  // slots

  // Where a key's entry is, or would be.
  struct Spot {
    std::uint16_t slot;
    std::uint64_t place;
    std::optional<Table::iterator> at;  // nothing: there is none
  };

  void count(std::uint16_t slot, int change) {
    size_ += static_cast<std::size_t>(change);
    block_sizes_[slot / kBlock] += static_cast<std::uint32_t>(change);
  }
  bool has_expired(const Entry& entry) const {
    return entry.expires_ms != 0 && entry.expires_ms <= now_ms_;
  }
  enum class Which : std::uint8_t { kAll, kLiving };
  // Adds the first `count` from a place on, and others that are at the last one's place.
  void add_first(std::uint16_t slot, std::uint64_t place, std::size_t count, Which which,
                 std::vector<PlacedKey>& keys) const;
  // Must be called whenever an entry of the slot is changed.
  void mark_changed(std::uint16_t slot);
  // Expired or not.
  const Entry* find_any(std::uint16_t slot, std::string_view key) const;
  Spot find_spot(std::string_view key);
  // What has expired is removed.
  Spot find_live(std::string_view key);
  template <class Change>
  void change(std::uint16_t slot, const EntryHandle& entry, const Change& change);
  const EntryHandle& insert(const Spot& spot, std::string_view key, std::string_view value,
                            std::uint64_t expires_ms);
  void erase_at(const Spot& spot);
  void note_removal(std::uint16_t slot, std::uint64_t revision);

  std::vector<Slot> slots_;
  std::vector<Dropped> dropped_;
  std::vector<std::uint16_t> dirty_;
  std::bitset<kSlotCount> is_dirty_;
  Deadlines deadlines_;
  std::vector<std::uint64_t> removals_;
  std::uint64_t removals_sum_ = 0;  // of them, each times its slot's factor
  std::uint64_t revision_ = 0;
  std::uint64_t now_ms_ = 0;
  std::uint64_t digest_sum_ = 0;
  std::size_t size_ = 0;
  std::uint64_t expired_ = 0;
  std::array<std::uint32_t, kSlotCount / kBlock> block_sizes_{};  // to count the keys faster
  std::size_t bytes_ = 0;
  std::uint32_t copies_ = 0;            // that were ever begun
  std::unique_ptr<KeyspaceCopy> copy_;  // null: none is under way
};

}  // namespace holdfast::kv
