#pragma once

#include <absl/container/btree_map.h>

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "kv/table.hpp"

namespace holdfast::kv {

// The entries of a slot.
//
// Few are in one table. Very many, as those under one hash tag can be, are in parts: each a table
// of the entries whose places are neither below its own first nor reach the next one's. A part that
// is full is divided, so an insertion moves kPartMax entries at most, and who looks for the next
// keys in the order of places looks at a part or two, however many there are.
//
// Where parts begin depends on the slot's history, which replicas need not have in common. What can
// be seen from outside must not depend on it.
//
// Invariants: an entry is in the last part that begins at its place or before; only the first part
// may be empty; `later_` is null if there is no other.
class SlotTable {
 public:
  // A table for this many has room for 39 more: it is divided before it grows.
  static constexpr std::size_t kPartMax = 800;

  std::size_t size() const { return later_ == nullptr ? first_.size() : later_->size; }
  bool empty() const { return size() == 0; }

  // The part of the entries of this place, be there some or none.
  const Table& part_of(std::uint64_t place) const {
    return later_ == nullptr ? first_ : part_among(place);
  }
  Table& part_of(std::uint64_t place) {
    return const_cast<Table&>(std::as_const(*this).part_of(place));
  }
  // The first place of the part behind that one. Nothing: there is none.
  std::optional<std::uint64_t> next_part(std::uint64_t place) const;
  // The entry of this number, in no order to rely on. Requires that there are more.
  const Entry& nth(std::size_t number) const;
  template <class Visit>
  void for_each(const Visit& visit) const {
    for_each_entry(first_, visit);
    if (later_ == nullptr) return;
    for (const auto& [place, part] : later_->parts) for_each_entry(*part, visit);
  }

  // Whether an insertion leaves all handles where they are.
  bool has_room(std::uint64_t place) const;
  // Makes room for what is going to be inserted one by one.
  void reserve(std::size_t more);
  // Into the place of its key. False: the key is there already, and the iterator is that entry's.
  std::pair<Table::iterator, bool> insert(std::uint64_t place, EntryHandle entry);
  // An entry of the part of this place. Returns whether that was its last, and the part is gone.
  bool erase(std::uint64_t place, Table::iterator at);

 private:
  struct Later {
    absl::btree_map<std::uint64_t, std::unique_ptr<Table>> parts;  // all but the first, by place
    std::size_t size = 0;                                          // with the first part's
  };

  static bool is_full(const Table& part) { return !part.empty() && part.size() % kPartMax == 0; }

  const Table& part_among(std::uint64_t place) const;
  void divide(Table& part);

  Table first_;
  std::unique_ptr<Later> later_;
};

// Fills a line of the processor's caches.
struct alignas(64) Slot {
  SlotTable entries;
  std::uint64_t digest = 0;
};

}  // namespace holdfast::kv
