#include "kv/keyspace.hpp"

#include <algorithm>

#include "kv/command.hpp"

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
  if (at == table.end()) {
    table.emplace(std::string(key), std::string(value));
    ++size_;
  } else {
    at->second = Value(std::string(value));
  }
}

std::size_t Keyspace::append(std::string_view key, std::string_view bytes) {
  const std::uint16_t number = key_slot(key);
  mark_changed(number);
  Table& table = slots_[number].table;
  const auto at = table.find(key);
  if (at != table.end()) {
    at->second.append(bytes);
    return at->second.size();
  }
  table.emplace(std::string(key), std::string(bytes));
  ++size_;
  return bytes.size();
}

bool Keyspace::erase(std::string_view key) {
  const std::uint16_t number = key_slot(key);
  Table& table = slots_[number].table;
  const auto at = table.find(key);
  if (at == table.end()) return false;
  mark_changed(number);
  table.erase(at);
  if (table.empty()) table = Table();  // an emptied slot gives its memory back
  --size_;
  return true;
}

void Keyspace::clear() {
  for (Slot& slot : slots_) slot = Slot();
  dirty_.clear();
  digest_sum_ = 0;
  size_ = 0;
}

const Value* Keyspace::find(std::string_view key) const {
  const Table& table = slots_[key_slot(key)].table;
  const auto at = table.find(key);
  return at == table.end() ? nullptr : &at->second;
}

std::vector<std::string_view> Keyspace::keys_of_slot(std::uint16_t slot, std::size_t count) const {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : slots_[slot].table) keys.push_back(key);
  const auto end = keys.begin() + static_cast<std::ptrdiff_t>(std::min(count, keys.size()));
  std::partial_sort(keys.begin(), end, keys.end());
  keys.erase(end, keys.end());
  return keys;
}

std::uint64_t Keyspace::digest() {
  for (const std::uint16_t number : dirty_) {
    Slot& slot = slots_[number];
    std::uint64_t sum = 0;
    for (const auto& [key, value] : slot.table) sum += digest_of(key, value.view());
    digest_sum_ += sum - slot.digest;
    slot.digest = sum;
    slot.dirty = false;
  }
  dirty_.clear();
  return digest_sum_;
}

}  // namespace holdfast::kv
