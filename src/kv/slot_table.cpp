#include "kv/slot_table.hpp"

#include <algorithm>
#include <vector>

namespace holdfast::kv {

const Table& SlotTable::part_among(std::uint64_t place) const {
  const auto next = later_->parts.upper_bound(place);
  return next == later_->parts.begin() ? first_ : *std::prev(next)->second;
}

std::optional<std::uint64_t> SlotTable::next_part(std::uint64_t place) const {
  if (later_ == nullptr) return std::nullopt;
  const auto next = later_->parts.upper_bound(place);
  return next == later_->parts.end() ? std::nullopt : std::optional(next->first);
}

const Entry& SlotTable::nth(std::size_t number) const {
  const Table* part = &first_;
  if (later_ != nullptr) {
    for (auto next = later_->parts.begin(); number >= part->size(); ++next) {
      number -= part->size();
      part = next->second.get();
    }
  }
  return **std::next(part->begin(), static_cast<std::ptrdiff_t>(number));
}

bool SlotTable::has_room(std::uint64_t place) const {
  const Table& part = part_of(place);
  return part.size() < part.max_load() && !is_full(part);
}

void SlotTable::reserve(std::size_t more) {
  const std::size_t wanted = std::min(first_.size() + more, kPartMax);
  if (later_ == nullptr && wanted > first_.max_load()) first_.reserve(wanted);
}

std::pair<Table::iterator, bool> SlotTable::insert(std::uint64_t place, EntryHandle entry) {
  if (is_full(part_of(place))) divide(part_of(place));
  const auto inserted = part_of(place).insert(std::move(entry));
  if (inserted.second && later_ != nullptr) ++later_->size;
  return inserted;
}

bool SlotTable::erase(std::uint64_t place, Table::iterator at) {
  Table& part = part_of(place);
  part.erase(at);
  if (later_ != nullptr) --later_->size;
  if (!part.empty()) return false;
  if (&part == &first_) {
    part = Table();  // gives its memory back
  } else {
    later_->parts.erase(std::prev(later_->parts.upper_bound(place)));
    if (later_->parts.empty()) later_ = nullptr;
  }
  return true;
}

// In the middle of its entries. If there is no place for a border, as half of them have the same,
// the part grows like any table.
void SlotTable::divide(Table& part) {
  struct Placed {
    std::uint64_t place;
    Table::iterator at;
  };
  std::vector<Placed> entries;
  entries.reserve(part.size());
  for_each_at(part, [&](Table::iterator at) {
    entries.push_back({place_of(HashedKey((*at)->key())), at});
  });
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2);
  std::ranges::nth_element(entries, middle, {}, &Placed::place);
  const std::uint64_t border = middle->place;
  if (std::ranges::min(entries, {}, &Placed::place).place == border) return;
  auto upper = std::make_unique<Table>();
  upper->reserve(kPartMax);
  for (const Placed& entry : entries) {
    if (entry.place < border) continue;
    upper->insert(entry.at->take());
    part.erase(entry.at);
  }
  if (later_ == nullptr)
    later_ = std::make_unique<Later>(Later{.parts = {}, .size = size() + upper->size()});
  later_->parts.emplace(border, std::move(upper));
}

}  // namespace holdfast::kv
