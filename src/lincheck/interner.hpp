#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace holdfast::lincheck {

// Gives large states short names: the same row of words always gets the same number, counted
// from 0. Rows are compared in full.
class Interner {
 public:
  explicit Interner(std::size_t words) : words_(words), table_(64) {}

  std::uint32_t number(std::span<const std::uint64_t> row);
  // Valid as long as the interner.
  std::span<const std::uint64_t> row(std::uint32_t number) const {
    return {blocks_[number / kBlockRows].get() + number % kBlockRows * words_, words_};
  }
  std::size_t memory_bytes() const {
    return blocks_.size() * kBlockRows * words_ * sizeof(std::uint64_t) +
           table_.capacity() * sizeof(table_[0]);
  }

 private:
  static constexpr std::size_t kBlockRows = 64;

  std::size_t place(std::span<const std::uint64_t> row) const;
  void grow();

  std::size_t words_;
  std::vector<std::unique_ptr<std::uint64_t[]>> blocks_;
  std::vector<std::uint32_t> table_;  // open addressing; a number plus 1, or 0
  std::uint32_t size_ = 0;
};

}  // namespace holdfast::lincheck
