#include <algorithm>

#include "base/check.hpp"
#include "kv/keyspace.hpp"

// Of a keyspace, what looks for keys without knowing them.

namespace holdfast::kv {
namespace {

// Sorts those behind the first `begin`, and drops of them what is behind the first `count` and
// not at the last one's place.
void keep_first(std::vector<PlacedKey>& keys, std::size_t begin, std::size_t count) {
  const auto at = [&](std::size_t i) { return keys.begin() + static_cast<std::ptrdiff_t>(i); };
  if (keys.size() - begin > count) {
    const auto last = at(begin + count - 1);
    std::nth_element(at(begin), last, keys.end());
    const std::uint64_t end = last->place;
    keys.erase(
        std::remove_if(last, keys.end(), [&](const PlacedKey& key) { return key.place > end; }),
        keys.end());
  }
  std::sort(at(begin), keys.end());
}

}  // namespace

// Part by part: where they begin decides nothing, as keys at the same place are in the same one.
void Keyspace::add_first(std::uint16_t slot, std::uint64_t place, std::size_t count, Which which,
                         std::vector<PlacedKey>& keys) const {
  const SlotTable& entries = slots_[slot].entries;
  const std::size_t begin = keys.size();
  std::optional<std::uint64_t> part = place;
  for (; part && keys.size() - begin < count; part = entries.next_part(*part)) {
    const std::size_t old = keys.size();
    for_each_entry(entries.part_of(*part), [&](const Entry& entry) {
      const bool expired = has_expired(entry);
      if (expired && which == Which::kLiving) return;
      const PlacedKey key{place_of(HashedKey(entry.key())), entry.key(), expired};
      if (key.place >= place) keys.push_back(key);
    });
    keep_first(keys, old, count - (old - begin));
  }
}

Keyspace::Looked Keyspace::add_keys(std::uint16_t slot, std::uint64_t place, std::size_t count,
                                    std::vector<PlacedKey>& keys) const {
  CHECK(count > 0);
  const std::size_t begin = keys.size();
  add_first(slot, place, count, Which::kAll, keys);
  Looked looked{.count = keys.size() - begin, .next = std::nullopt};
  if (looked.count >= count) looked.next = keys.back().place + 1;
  const auto added =
      std::ranges::subrange(keys.begin() + static_cast<std::ptrdiff_t>(begin), keys.end());
  const auto expired = std::ranges::remove_if(added, &PlacedKey::has_expired);
  keys.erase(expired.begin(), expired.end());
  return looked;
}

std::vector<PlacedKey> Keyspace::keys_from(std::uint16_t slot, std::uint64_t place,
                                           std::size_t count) const {
  std::vector<PlacedKey> keys;
  add_first(slot, place, count, Which::kLiving, keys);
  return keys;
}

std::pair<std::uint16_t, std::size_t> Keyspace::slot_of(std::size_t number) const {
  CHECK(number < size_);
  std::size_t block = 0;
  for (; number >= block_sizes_[block]; ++block) number -= block_sizes_[block];
  std::size_t slot = block * kBlock;
  for (; number >= slots_[slot].entries.size(); ++slot) number -= slots_[slot].entries.size();
  return {static_cast<std::uint16_t>(slot), number};
}

const Entry* Keyspace::nth_of_slot(std::uint16_t slot, std::size_t nth) const {
  if (nth >= size_of_slot(slot)) return nullptr;
  const Entry& entry = slots_[slot].entries.nth(nth);
  return has_expired(entry) ? nullptr : &entry;
}

}  // namespace holdfast::kv
