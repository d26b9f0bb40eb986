#include "lincheck/memo.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace holdfast::lincheck {

namespace {

constexpr std::uint64_t kLow = 0xffffffff;
constexpr std::size_t kTableMin = 64;
constexpr std::uint32_t kSizeMax = 0xfffffffe;  // numbers plus 1 fit 32 bits

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 29);
}

bool is_subset(const std::uint64_t* part, std::span<const std::uint64_t> whole) {
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if ((part[i] & ~whole[i]) != 0) return false;
  }
  return true;
}

}  // namespace

Memo::Memo(std::size_t taken_words, std::size_t unknown_words)
    : taken_words_(taken_words),
      stride_(kHeadWords + taken_words + unknown_words),
      table_(kTableMin),
      scratch_(1 + taken_words) {}

std::uint64_t Memo::hash(std::uint32_t rank, const std::uint64_t* state_and_taken) const {
  std::uint64_t result = mix(0x2545f4914f6cdd1dULL, rank);
  for (std::size_t i = 0; i <= taken_words_; ++i) result = mix(result, state_and_taken[i]);
  return result ^ (result >> 32);
}

bool Memo::same(const std::uint64_t* entry, const Configuration& configuration) const {
  return (entry[0] & kLow) == configuration.rank && entry[1] == configuration.state &&
         std::equal(configuration.taken.begin(), configuration.taken.end(), entry + kHeadWords);
}

bool Memo::add(const Configuration& configuration) {
  scratch_[0] = configuration.state;
  std::copy(configuration.taken.begin(), configuration.taken.end(), scratch_.begin() + 1);
  const std::size_t wrap = table_.size() - 1;
  std::size_t place = hash(configuration.rank, scratch_.data()) & wrap;
  while (table_[place] != 0 && !same(entry(table_[place] - 1), configuration)) {
    place = (place + 1) & wrap;
  }
  const std::uint32_t first = table_[place];
  for (std::uint32_t next = first; next != 0;) {
    const std::uint64_t* known = entry(next - 1);
    if (is_subset(known + kHeadWords + taken_words_, configuration.unknown)) return false;
    next = static_cast<std::uint32_t>(known[0] >> 32);
  }
  const std::uint32_t number = store(configuration);
  entry(number)[0] |= static_cast<std::uint64_t>(first) << 32;
  table_[place] = number + 1;
  if (first == 0 && ++chains_ * 3 > table_.size() * 2) grow();
  return true;
}

std::uint32_t Memo::store(const Configuration& configuration) {
  CHECK(size_ < kSizeMax);
  if (size_ % kBlockEntries == 0) {
    blocks_.push_back(std::make_unique_for_overwrite<std::uint64_t[]>(kBlockEntries * stride_));
  }
  std::uint64_t* out = entry(size_);
  *out++ = configuration.rank;
  *out++ = configuration.state;
  out = std::copy(configuration.taken.begin(), configuration.taken.end(), out);
  std::copy(configuration.unknown.begin(), configuration.unknown.end(), out);
  return size_++;
}

void Memo::grow() {
  std::vector<std::uint32_t> table(table_.size() * 2);
  for (const std::uint32_t first : table_) {
    if (first == 0) continue;
    const std::uint64_t* known = entry(first - 1);
    std::size_t place =
        hash(static_cast<std::uint32_t>(known[0] & kLow), known + 1) & (table.size() - 1);
    while (table[place] != 0) place = (place + 1) & (table.size() - 1);
    table[place] = first;
  }
  table_ = std::move(table);
}

std::size_t Memo::memory_bytes() const {
  return blocks_.size() * (kBlockEntries * stride_ * sizeof(std::uint64_t) + sizeof(blocks_[0])) +
         table_.capacity() * sizeof(table_[0]);
}

}  // namespace holdfast::lincheck
