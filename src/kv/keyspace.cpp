#include "kv/keyspace.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "kv/command.hpp"
#include "kv/piece.hpp"

namespace holdfast::kv {
namespace {

constexpr std::uint64_t kDigestSeed = 0x4b657973;
constexpr std::uint64_t kMixing = 0x9e3779b97f4a7c15;

// A key's digest seeds its value's, so that no two pairs may trade values unnoticed. The sum of
// them doesn't depend on the order of a table, which depends on its history.
std::uint64_t digest_of(const Entry& entry) {
  return checksum(entry.view(), checksum(entry.key(), kDigestSeed)) + entry.expires_ms * kMixing +
         entry.revision;
}

// Odd, and of each slot another.
std::uint64_t factor_of(std::size_t slot) {
  return kMixing * (2 * slot + 1);
}

std::size_t bytes_of(const Entry& entry) {
  return kPairBytes + entry.key().size() + entry.size();
}

}  // namespace

Keyspace::Keyspace() : slots_(kSlotCount), removals_(kSlotCount) {}

void Keyspace::mark_changed(std::uint16_t slot) {
  if (is_dirty_[slot]) return;
  is_dirty_.set(slot);
  dirty_.push_back(slot);
}

// A transaction's fate depends on it, so it belongs to the digest.
void Keyspace::note_removal(std::uint16_t slot, std::uint64_t revision) {
  removals_sum_ += (revision - removals_[slot]) * factor_of(slot);
  removals_[slot] = revision;
}

void Keyspace::advance(std::uint64_t now_ms, std::size_t count) {
  CHECK(now_ms >= now_ms_);
  now_ms_ = now_ms;
  for (; count > 0 && deadlines_.has_due(now_ms); --count) {
    erase_at(find_spot(deadlines_.next_key()));
  }
}

Keyspace::Spot Keyspace::find_spot(std::string_view key) {
  const HashedKey hashed(key);
  Spot spot{key_slot(key), place_of(hashed), std::nullopt};
  Table& part = slots_[spot.slot].entries.part_of(spot.place);
  if (const auto at = part.find(hashed); at != part.end()) spot.at = at;
  return spot;
}

Keyspace::Spot Keyspace::find_live(std::string_view key) {
  Spot spot = find_spot(key);
  if (spot.at && has_expired(***spot.at)) {
    erase_at(spot);
    spot.at.reset();
  }
  return spot;
}

template <class Change>
void Keyspace::change(std::uint16_t slot, const EntryHandle& entry, const Change& change) {
  mark_changed(slot);
  if (copy_ != nullptr) copy_->before_change(entry);
  deadlines_.remove(*entry);
  bytes_ -= bytes_of(*entry);
  change();
  entry->revision = ++revision_;
  bytes_ += bytes_of(*entry);
  deadlines_.add(*entry);
}

const EntryHandle& Keyspace::insert(const Spot& spot, std::string_view key, std::string_view value,
                                    std::uint64_t expires_ms) {
  mark_changed(spot.slot);
  SlotTable& entries = slots_[spot.slot].entries;
  if (copy_ != nullptr && !entries.has_room(spot.place)) copy_->forget_entry(spot.slot);
  EntryHandle entry(key, value);
  entry->revision = ++revision_;
  entry->expires_ms = expires_ms;
  entry->copied = copies_;
  deadlines_.add(*entry);
  count(spot.slot, 1);
  bytes_ += bytes_of(*entry);
  return *entries.insert(spot.place, std::move(entry)).first;
}

void Keyspace::set(std::string_view key, std::string_view value, std::uint64_t expires_ms) {
  const Spot spot = find_live(key);
  if (!spot.at) {
    insert(spot, key, value, expires_ms);
    return;
  }
  const EntryHandle& entry = **spot.at;
  change(spot.slot, entry, [&] {
    entry.assign(value);
    entry->expires_ms = expires_ms;
  });
}

std::size_t Keyspace::append(std::string_view key, std::string_view bytes) {
  const Spot spot = find_live(key);
  if (!spot.at) return insert(spot, key, bytes, 0)->size();
  const EntryHandle& entry = **spot.at;
  change(spot.slot, entry, [&] { entry.append(bytes); });
  return entry->size();
}

std::span<char> Keyspace::edit(std::string_view key, std::size_t size) {
  const Spot spot = find_live(key);
  const EntryHandle& entry = spot.at ? **spot.at : insert(spot, key, {}, 0);
  std::span<char> bytes;
  change(spot.slot, entry, [&] { bytes = entry.edit(size); });
  return bytes;
}

bool Keyspace::set_expiry(std::string_view key, std::uint64_t expires_ms) {
  const Spot spot = find_live(key);
  if (!spot.at) return false;
  const EntryHandle& entry = **spot.at;
  change(spot.slot, entry, [&] { entry->expires_ms = expires_ms; });
  return true;
}

bool Keyspace::erase(std::string_view key) {
  const Spot spot = find_live(key);
  if (spot.at) erase_at(spot);
  return spot.at.has_value();
}

void Keyspace::erase_at(const Spot& spot) {
  mark_changed(spot.slot);
  if (copy_ != nullptr) copy_->before_erase(spot.slot, *spot.at);
  const Entry& entry = ***spot.at;
  // What expires is not a change of its own: it is gone since its time has come, removed or not.
  const bool is_due = has_expired(entry);
  note_removal(spot.slot, is_due ? std::max(removals_[spot.slot], entry.revision) : ++revision_);
  if (is_due) ++expired_;
  deadlines_.remove(entry);
  bytes_ -= bytes_of(entry);
  count(spot.slot, -1);
  const bool ends_part = slots_[spot.slot].entries.erase(spot.place, *spot.at);
  if (ends_part && copy_ != nullptr) copy_->forget_entry(spot.slot);
}

void Keyspace::clear() {
  if (size_ == 0) return;
  for (std::uint16_t slot = 0; slot < kSlotCount; ++slot) {
    if (!slots_[slot].entries.empty()) note_removal(slot, ++revision_);
  }
  if (copy_ != nullptr && copy_->needs_tables()) {
    copy_->take_tables(std::exchange(slots_, std::vector<Slot>(kSlotCount)), bytes_);
    dropped_.push_back({{}, std::exchange(deadlines_, {})});
  } else if (size_ < kSlotCount) {
    // An entry may do this thousands of times, and what is dropped stays until it is applied.
    for (Slot& slot : slots_) slot = Slot();
  } else {
    dropped_.push_back(
        {std::exchange(slots_, std::vector<Slot>(kSlotCount)), std::exchange(deadlines_, {})});
  }
  deadlines_ = {};
  dirty_.clear();
  is_dirty_.reset();
  digest_sum_ = 0;
  size_ = 0;
  block_sizes_ = {};
  bytes_ = 0;
}

void Keyspace::prefetch(std::span<const std::string_view> keys) const {
  struct Search {
    const SlotTable* slot;
    HashedKey key;
  };
  std::array<Search, kPrefetchMax> searches;
  keys = keys.first(std::min(keys.size(), kPrefetchMax));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    searches[i] = {&slots_[key_slot(keys[i])].entries, HashedKey(keys[i])};
    __builtin_prefetch(searches[i].slot);
  }
  for (const Search& search : std::span(searches).first(keys.size())) {
    // So little that the processor runs ahead into the next ones while this one waits.
    const bool found = search.slot->part_of(place_of(search.key)).contains(search.key);
    asm volatile("" : : "r"(found));
  }
}

const Entry* Keyspace::find(std::string_view key) const {
  const Entry* entry = find_any(key_slot(key), key);
  return entry == nullptr || has_expired(*entry) ? nullptr : entry;
}

const Entry* Keyspace::find_any(std::uint16_t slot, std::string_view key) const {
  const HashedKey hashed(key);
  const Table& part = slots_[slot].entries.part_of(place_of(hashed));
  const auto at = part.find(hashed);
  return at == part.end() ? nullptr : &**at;
}

// Of a key that is there an even number, of one that isn't an odd one. What has expired counts as
// removed whether it still takes memory or not.
std::uint64_t Keyspace::version_of(std::string_view key) const {
  const std::uint16_t slot = key_slot(key);
  const Entry* entry = find_any(slot, key);
  if (entry == nullptr) return removals_[slot] * 2 + 1;
  return has_expired(*entry) ? std::max(removals_[slot], entry->revision) * 2 + 1
                             : entry->revision * 2;
}

std::uint64_t Keyspace::digest() {
  for (const std::uint16_t number : dirty_) {
    Slot& slot = slots_[number];
    std::uint64_t sum = 0;
    slot.entries.for_each([&](const Entry& entry) { sum += digest_of(entry); });
    digest_sum_ += sum - slot.digest;
    slot.digest = sum;
  }
  dirty_.clear();
  is_dirty_.reset();
  return checksum({}, checksum({}, digest_sum_ + revision_) + removals_sum_);
}

void Keyspace::restore_counters(std::uint64_t now_ms, std::uint64_t revision,
                                std::vector<std::uint64_t> removals) {
  now_ms_ = now_ms;
  revision_ = revision;
  removals_ = std::move(removals);
  removals_sum_ = 0;
  for (std::size_t i = 0; i < removals_.size(); ++i) removals_sum_ += removals_[i] * factor_of(i);
}

void Keyspace::reserve(std::uint16_t slot, std::size_t more) {
  slots_[slot].entries.reserve(more);
}

// Its digest is added while the bytes are at hand: whoever gets the keyspace does not have to read
// all of it.
bool Keyspace::restore(std::uint16_t slot, EntryHandle entry) {
  CHECK(!is_dirty_[slot] && copy_ == nullptr);
  if (entry->revision == 0 || entry->revision > revision_) return false;
  const std::uint64_t place = place_of(HashedKey(entry->key()));
  const auto [at, is_new] = slots_[slot].entries.insert(place, std::move(entry));
  if (!is_new) return false;
  const std::uint64_t digest = digest_of(**at);
  slots_[slot].digest += digest;
  digest_sum_ += digest;
  deadlines_.add(**at);
  count(slot, 1);
  bytes_ += bytes_of(**at);
  return true;
}

}  // namespace holdfast::kv
