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

void Keyspace::mark_changed(std::uint16_t number) {
  if (slots_[number].dirty) return;
  slots_[number].dirty = true;
  dirty_.push_back(number);
}

// A transaction's fate depends on it, so it belongs to the digest.
void Keyspace::note_removal(std::uint16_t number, std::uint64_t revision) {
  removals_sum_ += (revision - removals_[number]) * factor_of(number);
  removals_[number] = revision;
}

void Keyspace::advance(std::uint64_t now_ms, std::size_t count) {
  CHECK(now_ms >= now_ms_);
  now_ms_ = now_ms;
  for (; count > 0 && deadlines_.has_due(now_ms); --count) {
    const std::string_view key = deadlines_.next_key();
    const std::uint16_t number = key_slot(key);
    erase_at(number, slots_[number].table.find(key));
  }
}

Table::iterator Keyspace::find_live(std::uint16_t number, std::string_view key) {
  Table& table = slots_[number].table;
  const auto at = table.find(key);
  if (at == table.end() || !has_expired(**at)) return at;
  erase_at(number, at);
  return slots_[number].table.end();
}

template <class Change>
void Keyspace::change(std::uint16_t number, const EntryHandle& entry, const Change& change) {
  mark_changed(number);
  if (copy_ != nullptr) copy_->before_change(entry);
  deadlines_.remove(*entry);
  bytes_ -= bytes_of(*entry);
  change();
  entry->revision = ++revision_;
  bytes_ += bytes_of(*entry);
  deadlines_.add(*entry);
}

const EntryHandle& Keyspace::insert(std::uint16_t number, std::string_view key,
                                    std::string_view value, std::uint64_t expires_ms) {
  mark_changed(number);
  Table& table = slots_[number].table;
  if (copy_ != nullptr) copy_->before_insert(number, table);
  EntryHandle entry(key, value);
  entry->revision = ++revision_;
  entry->expires_ms = expires_ms;
  entry->copied = copies_;
  deadlines_.add(*entry);
  count(number, 1);
  bytes_ += bytes_of(*entry);
  return *table.insert(std::move(entry)).first;
}

void Keyspace::set(std::string_view key, std::string_view value, std::uint64_t expires_ms) {
  const std::uint16_t number = key_slot(key);
  const auto at = find_live(number, key);
  if (at == slots_[number].table.end()) {
    insert(number, key, value, expires_ms);
    return;
  }
  change(number, *at, [&] {
    at->assign(value);
    (*at)->expires_ms = expires_ms;
  });
}

std::size_t Keyspace::append(std::string_view key, std::string_view bytes) {
  const std::uint16_t number = key_slot(key);
  const auto at = find_live(number, key);
  if (at == slots_[number].table.end()) return insert(number, key, bytes, 0)->size();
  change(number, *at, [&] { at->append(bytes); });
  return (*at)->size();
}

std::span<char> Keyspace::edit(std::string_view key, std::size_t size) {
  const std::uint16_t number = key_slot(key);
  const auto at = find_live(number, key);
  const bool is_new = at == slots_[number].table.end();
  const EntryHandle& entry = is_new ? insert(number, key, {}, 0) : *at;
  std::span<char> bytes;
  change(number, entry, [&] { bytes = entry.edit(size); });
  return bytes;
}

bool Keyspace::set_expiry(std::string_view key, std::uint64_t expires_ms) {
  const std::uint16_t number = key_slot(key);
  const auto at = find_live(number, key);
  if (at == slots_[number].table.end()) return false;
  change(number, *at, [&] { (*at)->expires_ms = expires_ms; });
  return true;
}

bool Keyspace::erase(std::string_view key) {
  const std::uint16_t number = key_slot(key);
  const auto at = find_live(number, key);
  if (at == slots_[number].table.end()) return false;
  erase_at(number, at);
  return true;
}

void Keyspace::erase_at(std::uint16_t number, Table::iterator at) {
  mark_changed(number);
  if (copy_ != nullptr) copy_->before_erase(number, at);
  const Entry& entry = **at;
  // What expires is not a change of its own: it is gone since its time has come, removed or not.
  const bool is_due = has_expired(entry);
  note_removal(number, is_due ? std::max(removals_[number], entry.revision) : ++revision_);
  if (is_due) ++expired_;
  deadlines_.remove(entry);
  bytes_ -= bytes_of(entry);
  Table& table = slots_[number].table;
  table.erase(at);
  count(number, -1);
  if (!table.empty()) return;
  table = Table();  // an emptied slot gives its memory back
  if (copy_ != nullptr) copy_->emptied(number);
}

void Keyspace::clear() {
  if (size_ == 0) return;
  for (std::uint16_t number = 0; number < kSlotCount; ++number) {
    if (!slots_[number].table.empty()) note_removal(number, ++revision_);
  }
  if (copy_ != nullptr && copy_->needs_tables()) {
    copy_->take_tables(std::exchange(slots_, std::vector<Slot>(kSlotCount)), bytes_);
  } else if (size_ < kSlotCount) {
    // An entry may do this thousands of times, and what is dropped stays until it is applied.
    for (Slot& slot : slots_) slot = Slot();
  } else {
    dropped_.push_back(
        {std::exchange(slots_, std::vector<Slot>(kSlotCount)), std::exchange(deadlines_, {})});
  }
  deadlines_ = {};
  dirty_.clear();
  digest_sum_ = 0;
  size_ = 0;
  block_sizes_ = {};
  bytes_ = 0;
}

void Keyspace::prefetch(std::span<const std::string_view> keys) const {
  struct Search {
    const Table* table;
    HashedKey key;
  };
  std::array<Search, kPrefetchMax> searches;
  keys = keys.first(std::min(keys.size(), kPrefetchMax));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    searches[i] = {&slots_[key_slot(keys[i])].table, {keys[i], KeyHash()(keys[i])}};
    __builtin_prefetch(searches[i].table);
  }
  for (const Search& search : std::span(searches).first(keys.size())) {
    // So little that the processor runs ahead into the next ones while this one waits.
    const bool found = search.table->contains(search.key);
    asm volatile("" : : "r"(found));
  }
}

const Entry* Keyspace::find(std::string_view key) const {
  const Table& table = slots_[key_slot(key)].table;
  const auto at = table.find(key);
  return at == table.end() || has_expired(**at) ? nullptr : &**at;
}

// Of a key that is there an even number, of one that isn't an odd one. What has expired counts as
// removed whether it still takes memory or not.
std::uint64_t Keyspace::version_of(std::string_view key) const {
  const std::uint16_t number = key_slot(key);
  const Table& table = slots_[number].table;
  const auto at = table.find(key);
  if (at == table.end()) return removals_[number] * 2 + 1;
  const std::uint64_t revision = (*at)->revision;
  return has_expired(**at) ? std::max(removals_[number], revision) * 2 + 1 : revision * 2;
}

std::vector<std::string_view> Keyspace::keys_of_slot(std::uint16_t slot, std::size_t count) const {
  std::vector<std::string_view> keys;
  for (const EntryHandle& entry : slots_[slot].table) {
    if (!has_expired(*entry)) keys.push_back(entry->key());
  }
  const auto end = keys.begin() + static_cast<std::ptrdiff_t>(std::min(count, keys.size()));
  std::partial_sort(keys.begin(), end, keys.end());
  keys.erase(end, keys.end());
  return keys;
}

std::pair<std::uint16_t, std::size_t> Keyspace::slot_of(std::size_t number) const {
  CHECK(number < size_);
  std::size_t block = 0;
  for (; number >= block_sizes_[block]; ++block) number -= block_sizes_[block];
  std::size_t slot = block * kBlock;
  for (; number >= slots_[slot].table.size(); ++slot) number -= slots_[slot].table.size();
  return {static_cast<std::uint16_t>(slot), number};
}

const Entry* Keyspace::nth_of_slot(std::uint16_t slot, std::size_t nth) const {
  const Table& table = slots_[slot].table;
  if (nth >= table.size()) return nullptr;
  const Entry& entry = **std::next(table.begin(), static_cast<std::ptrdiff_t>(nth));
  return has_expired(entry) ? nullptr : &entry;
}

std::uint64_t Keyspace::digest() {
  for (const std::uint16_t number : dirty_) {
    Slot& slot = slots_[number];
    std::uint64_t sum = 0;
    for (const EntryHandle& entry : slot.table) sum += digest_of(*entry);
    digest_sum_ += sum - slot.digest;
    slot.digest = sum;
    slot.dirty = false;
  }
  dirty_.clear();
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
  Table& table = slots_[slot].table;
  if (table.size() + more > table.max_load()) table.reserve(table.size() + more);
}

// Its digest is added while the bytes are at hand: whoever gets the keyspace does not have to read
// all of it.
bool Keyspace::restore(std::uint16_t slot, EntryHandle entry) {
  CHECK(!slots_[slot].dirty && copy_ == nullptr);
  if (entry->revision == 0 || entry->revision > revision_) return false;
  const auto [at, is_new] = slots_[slot].table.insert(std::move(entry));
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
