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

  void put(const Entry& entry) {
    Writer out(piece_);
    if (pairs_++ == 0) {
      run_ = piece_.size();
      out.put(pairs_);
    }
    put_pair({entry.key(), entry.view(), entry.expires_ms, entry.revision}, out);
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

void KeyspaceCopy::before_change(const EntryHandle& entry) {
  if (planted(Bug::kSnapshotSlotChanged)) return;
  keep(entry);
}

void KeyspaceCopy::before_erase(std::uint16_t slot, Table::iterator at) {
  keep(*at);
  if (is_walking(slot) && at_ == at) ++*at_;
}

// The walk begins the part again and passes over what it has.
void KeyspaceCopy::forget_entry(std::uint16_t slot) {
  if (is_walking(slot)) at_.reset();
}

void KeyspaceCopy::keep(const EntryHandle& entry) {
  if (entry->copied == number_) return;
  entry->copied = number_;
  kept_.push_back(entry.clone());
  kept_bytes_ += entry->key().size() + entry->size();
}

bool KeyspaceCopy::needs_tables() const {
  return taken_.empty() && slot_ < kSlotCount;
}

// From the first slot on, for the copied ones' pairs, too, should be destroyed piece by piece.
void KeyspaceCopy::take_tables(std::vector<Slot> slots, std::size_t bytes) {
  CHECK(needs_tables());
  taken_ = std::move(slots);
  taken_bytes_ = bytes;
  slot_ = 0;
  place_ = 0;
  at_.reset();
}

bool KeyspaceCopy::put_next(std::vector<Slot>& live, std::size_t bytes, std::string& piece) {
  KeyRuns out(piece, bytes);
  put_kept(out);
  while (slot_ < kSlotCount && out.has_room())
    put_part((taken_.empty() ? live[slot_] : taken_[slot_]).entries, out);
  return !out.is_empty() || slot_ < kSlotCount;
}

void KeyspaceCopy::put_kept(KeyRuns& out) {
  for (; !kept_.empty() && out.has_room(); kept_.pop_back()) {
    const Entry& kept = *kept_.back();
    out.put(kept);
    out.end_run();
    kept_bytes_ -= kept.key().size() + kept.size();
  }
}

void KeyspaceCopy::put_part(SlotTable& slot, KeyRuns& out) {
  Table& part = slot.part_of(place_);
  const auto next = slot.next_part(place_);
  const auto end = part.end();
  auto at = at_ ? *at_ : part.begin();
  while (at != end && out.has_room()) {
    const auto here = at++;
    Entry& entry = **here;
    if (entry.copied == number_) {
      out.pass_over();
    } else {
      out.put(entry);
      entry.copied = number_;
    }
    if (taken_.empty()) continue;
    out.destroy();
    destroy(slot, here);  // and the part with its last one
  }
  out.end_run();
  at_ = at;
  if (at != end) return;
  at_.reset();
  place_ = next.value_or(0);
  if (!next) ++slot_;
}

void KeyspaceCopy::destroy(SlotTable& slot, Table::iterator at) {
  taken_bytes_ -= kPairBytes + (*at)->key().size() + (*at)->size();
  slot.erase(place_, at);
}

}  // namespace holdfast::kv
