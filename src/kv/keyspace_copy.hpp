#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/slot_table.hpp"

namespace holdfast::kv {

class KeyRuns;

// A copy of a keyspace as it was when the copy began, made while the keyspace goes on changing.
//
// Each entry carries the number of the last copy that has it, so whoever changes one can tell
// whether the copy still needs it. If so it is kept aside, by itself: no change has to wait for
// more than its own entry, however large its slot is, and beginning a copy takes no time.
//
// What is kept are entries that were there at the beginning, each once at most. A long value's
// bytes are shared with whoever else holds them. The extra memory is thus bounded by the keyspace's
// size at the beginning, and stays far below if pieces are taken faster than keys are changed: what
// is kept leaves with the very next piece.
class KeyspaceCopy {
 public:
  explicit KeyspaceCopy(std::uint32_t number) : number_(number) {}

  // Must be called before the change they are named for.
  void before_change(const EntryHandle& entry);
  void before_erase(std::uint16_t slot, Table::iterator at);
  // Must be called before an insertion that moves handles, and when a part of a slot is gone.
  void forget_entry(std::uint16_t slot);

  // Whether pairs of the live tables may be missing. If so, who drops all tables hands them over,
  // as encoding them would take long; they are destroyed piece by piece. `bytes` is what is in
  // them.
  bool needs_tables() const;
  void take_tables(std::vector<Slot> slots, std::size_t bytes);

  // Appends about `bytes` to a piece: at least one pair, if there are more. Takes time for these
  // bytes. Nothing and false: the copy is complete. `live` are the keyspace's slots.
  bool put_next(std::vector<Slot>& live, std::size_t bytes, std::string& piece);
  // Kept aside, and in tables that were handed over.
  std::size_t bytes_waiting() const { return kept_bytes_ + taken_bytes_; }

 private:
  void keep(const EntryHandle& entry);
  bool is_walking(std::uint16_t slot) const { return slot == slot_ && taken_.empty(); }
  void put_kept(KeyRuns& out);
  void put_part(SlotTable& slot, KeyRuns& out);
  void destroy(SlotTable& slot, Table::iterator at);

  std::uint32_t number_;
  std::deque<EntryHandle> kept_;
  std::size_t kept_bytes_ = 0;
  std::vector<Slot> taken_;  // empty: the walk is through the live tables
  std::size_t taken_bytes_ = 0;
  // What the walk has come to; the pairs of all slots, and in its slot of all places, before it
  // have been copied.
  std::size_t slot_ = 0;
  std::uint64_t place_ = 0;
  std::optional<Table::iterator> at_;  // the next pair in the part of that place; none: the first
};

}  // namespace holdfast::kv
