#include "lincheck/interner.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/checksum.hpp"

namespace holdfast::lincheck {

// Where the row is in the table, or belongs.
std::size_t Interner::place(std::span<const std::uint64_t> row) const {
  const std::string_view bytes(reinterpret_cast<const char*>(row.data()), row.size_bytes());
  std::size_t place = checksum(bytes) & (table_.size() - 1);
  while (table_[place] != 0 && !std::ranges::equal(this->row(table_[place] - 1), row)) {
    place = (place + 1) & (table_.size() - 1);
  }
  return place;
}

std::uint32_t Interner::number(std::span<const std::uint64_t> row) {
  std::uint32_t& known = table_[place(row)];
  if (known != 0) return known - 1;
  CHECK(size_ < 0xfffffffe);
  if (size_ % kBlockRows == 0) {
    blocks_.push_back(std::make_unique_for_overwrite<std::uint64_t[]>(kBlockRows * words_));
  }
  std::ranges::copy(row, blocks_.back().get() + size_ % kBlockRows * words_);
  known = ++size_;
  if (std::size_t{size_} * 3 > table_.size() * 2) grow();
  return size_ - 1;
}

void Interner::grow() {
  table_.assign(table_.size() * 2, 0);
  for (std::uint32_t number = 0; number < size_; ++number) {
    table_[place(row(number))] = number + 1;
  }
}

}  // namespace holdfast::lincheck
