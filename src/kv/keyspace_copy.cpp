#include "kv/keyspace_copy.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/planted.hpp"
#include "kv/command.hpp"
#include "kv/piece.hpp"

namespace holdfast::kv {

// Runs of pairs, until a piece has the bytes that were asked for.
class KeyRuns {
 public:
  KeyRuns(std::string& piece, std::size_t bytes)
      : piece_(piece), begin_(piece.size()), bytes_(std::max<std::size_t>(bytes, 1)) {}

  bool has_room() const { return piece_.size() - begin_ + passed_bytes_ < bytes_; }
  bool is_empty() const { return piece_.size() == begin_; }
  // What isn't written takes time as well: that of writing so many bytes, about.
  void pass_over() { passed_bytes_ += 8; }
  void destroy() { passed_bytes_ += 64; }

  void put(std::string_view key, std::string_view value) {
    Writer out(piece_);
    if (pairs_++ == 0) {
      run_ = piece_.size();
      out.put(pairs_);
    }
    out.put_bytes(key);
    out.put_bytes(value);
  }
  void end_run() {
    if (pairs_ != 0) Writer(piece_).patch(run_, std::exchange(pairs_, 0));
  }

 private:
  std::string& piece_;
  std::size_t begin_;
  std::size_t bytes_;
  std::size_t passed_bytes_ = 0;
  std::size_t run_ = 0;      // where it begins
  std::uint32_t pairs_ = 0;  // in it
};

void KeyspaceCopy::before_overwrite(Table::value_type& pair) {
  if (planted(Bug::kSnapshotSlotChanged)) return;
  keep(pair);
}

void KeyspaceCopy::before_erase(std::uint16_t slot, Table::iterator pair) {
  keep(*pair);
  if (is_walking(slot) && at_ == pair) ++*at_;
}

// An insertion moves a table's pairs only if it is at its maximum load.
void KeyspaceCopy::before_insert(std::uint16_t slot, const Table& table) {
  if (table.size() >= table.max_load()) forget_place(slot);
}

// The walk begins the slot again and passes over what it has.
void KeyspaceCopy::forget_place(std::uint16_t slot) {
  if (is_walking(slot)) at_.reset();
}

void KeyspaceCopy::keep(Table::value_type& pair) {
  if (pair.second.copied == number_) return;
  pair.second.copied = number_;
  kept_.push_back({pair.first, pair.second.value});
  kept_bytes_ += pair.first.size() + pair.second.value.size();
}

bool KeyspaceCopy::needs_tables() const {
  return slot_ < kSlotCount;
}

// From the first slot on, for the copied ones' pairs, too, should be destroyed piece by piece.
void KeyspaceCopy::take_tables(std::vector<Slot> tables, std::size_t bytes) {
  CHECK(needs_tables());
  if (!taken_.empty()) return;  // all that is in them came after the beginning
  taken_ = std::move(tables);
  taken_bytes_ = bytes;
  slot_ = 0;
  at_.reset();
}

bool KeyspaceCopy::put_next(std::vector<Slot>& live, std::size_t bytes, std::string& piece) {
  KeyRuns out(piece, bytes);
  put_kept(out);
  while (slot_ < kSlotCount && out.has_room())
    put_slot(taken_.empty() ? live[slot_] : taken_[slot_], out);
  return !out.is_empty() || slot_ < kSlotCount;
}

void KeyspaceCopy::put_kept(KeyRuns& out) {
  for (; !kept_.empty() && out.has_room(); kept_.pop_back()) {
    const Kept& kept = kept_.back();
    out.put(kept.key, kept.value.view());
    out.end_run();
    kept_bytes_ -= kept.key.size() + kept.value.size();
  }
}

void KeyspaceCopy::put_slot(Slot& slot, KeyRuns& out) {
  Table& table = slot.table;
  auto at = at_ ? *at_ : table.begin();
  while (at != table.end() && out.has_room()) {
    const auto pair = at++;
    Entry& entry = pair->second;
    if (entry.copied == number_) {
      out.pass_over();
    } else {
      out.put(pair->first, entry.value.view());
      entry.copied = number_;
    }
    if (taken_.empty()) continue;
    out.destroy();
    destroy(table, pair);
  }
  out.end_run();
  at_ = at;
  if (at != table.end()) return;
  if (!taken_.empty()) table = Table();
  at_.reset();
  ++slot_;
}

void KeyspaceCopy::destroy(Table& table, Table::iterator pair) {
  taken_bytes_ -= kPairBytes + pair->first.size() + pair->second.value.size();
  table.erase(pair);
}

}  // namespace holdfast::kv
