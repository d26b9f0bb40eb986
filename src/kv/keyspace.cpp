#include "kv/keyspace.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "kv/command.hpp"
#include "kv/piece.hpp"

namespace holdfast::kv {
namespace {

constexpr std::uint64_t kDigestSeed = 0x4b657973;

// A key's digest seeds its value's, so that no two pairs may trade values unnoticed. The sum of
// them doesn't depend on the order of a table, which depends on its history.
std::uint64_t digest_of(std::string_view key, std::string_view value) {
  return checksum(value, checksum(key, kDigestSeed));
}

}  // namespace

Keyspace::Keyspace() : slots_(kSlotCount) {}

void Keyspace::mark_changed(std::uint16_t number) {
  if (slots_[number].dirty) return;
  slots_[number].dirty = true;
  dirty_.push_back(number);
}

void Keyspace::set(std::string_view key, std::string_view value) {
  const std::uint16_t number = key_slot(key);
  mark_changed(number);
  Table& table = slots_[number].table;
  const auto at = table.find(key);
  if (at == table.end()) return insert(number, key, value);
  if (copy_ != nullptr) copy_->before_overwrite(*at);
  bytes_ += value.size() - at->second.value.size();
  at->second.value = Value(std::string(value));
}

std::size_t Keyspace::append(std::string_view key, std::string_view bytes) {
  const std::uint16_t number = key_slot(key);
  mark_changed(number);
  Table& table = slots_[number].table;
  const auto at = table.find(key);
  if (at == table.end()) return insert(number, key, bytes), bytes.size();
  if (copy_ != nullptr) copy_->before_overwrite(*at);
  bytes_ += bytes.size();
  at->second.value.append(bytes);
  return at->second.value.size();
}

void Keyspace::insert(std::uint16_t number, std::string_view key, std::string_view value) {
  Table& table = slots_[number].table;
  if (copy_ != nullptr) copy_->before_insert(number, table);
  table.emplace(std::string(key), Entry{Value(std::string(value)), copies_});
  ++size_;
  bytes_ += kPairBytes + key.size() + value.size();
}

bool Keyspace::erase(std::string_view key) {
  const std::uint16_t number = key_slot(key);
  Table& table = slots_[number].table;
  const auto at = table.find(key);
  if (at == table.end()) return false;
  mark_changed(number);
  if (copy_ != nullptr) copy_->before_erase(number, at);
  bytes_ -= kPairBytes + key.size() + at->second.value.size();
  table.erase(at);
  --size_;
  if (!table.empty()) return true;
  table = Table();  // an emptied slot gives its memory back
  if (copy_ != nullptr) copy_->emptied(number);
  return true;
}

void Keyspace::clear() {
  if (copy_ != nullptr && copy_->needs_tables()) {
    copy_->take_tables(std::exchange(slots_, std::vector<Slot>(kSlotCount)), bytes_);
  } else {
    for (Slot& slot : slots_) slot = Slot();
  }
  dirty_.clear();
  digest_sum_ = 0;
  size_ = 0;
  bytes_ = 0;
}

const Value* Keyspace::find(std::string_view key) const {
  const Table& table = slots_[key_slot(key)].table;
  const auto at = table.find(key);
  return at == table.end() ? nullptr : &at->second.value;
}

std::vector<std::string_view> Keyspace::keys_of_slot(std::uint16_t slot, std::size_t count) const {
  std::vector<std::string_view> keys;
  for (const auto& [key, entry] : slots_[slot].table) keys.push_back(key);
  const auto end = keys.begin() + static_cast<std::ptrdiff_t>(std::min(count, keys.size()));
  std::partial_sort(keys.begin(), end, keys.end());
  keys.erase(end, keys.end());
  return keys;
}

std::uint64_t Keyspace::digest() {
  for (const std::uint16_t number : dirty_) {
    Slot& slot = slots_[number];
    std::uint64_t sum = 0;
    for (const auto& [key, entry] : slot.table) sum += digest_of(key, entry.value.view());
    digest_sum_ += sum - slot.digest;
    slot.digest = sum;
    slot.dirty = false;
  }
  dirty_.clear();
  return digest_sum_;
}

void Keyspace::reserve(std::uint16_t slot, std::size_t more) {
  Table& table = slots_[slot].table;
  if (table.size() + more > table.max_load()) table.reserve(table.size() + more);
}

// Its digest is added while the bytes are at hand: whoever gets the keyspace does not have to read
// all of it.
bool Keyspace::restore(std::uint16_t slot, std::string key, Value value) {
  CHECK(!slots_[slot].dirty && copy_ == nullptr);
  const std::uint64_t digest = digest_of(key, value.view());
  const std::size_t bytes = kPairBytes + key.size() + value.size();
  const auto [at, is_new] = slots_[slot].table.try_emplace(std::move(key));
  if (!is_new) return false;
  at->second.value = std::move(value);
  slots_[slot].digest += digest;
  digest_sum_ += digest;
  ++size_;
  bytes_ += bytes;
  return true;
}

}  // namespace holdfast::kv
