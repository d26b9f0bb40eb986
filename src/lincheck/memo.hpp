#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace holdfast::lincheck {

// How far a search has come, in as few words as possible. All operations of ranks below `rank`
// have taken effect; of those that overlap the return of that rank, the ones in `taken`, by slot.
// So the size depends on how many operations overlap, not on how many there are.
struct Configuration {
  std::uint32_t rank = 0;
  std::uint64_t state = 0;
  std::span<const std::uint64_t> taken;    // returned operations, a bit per slot
  std::span<const std::uint64_t> unknown;  // unknown outcomes that took effect, a bit each
};

// The configurations that a search has seen (Lowe's memoization). They are compared in full: a
// collision of hashes costs a look and no more. Holds 2^32 - 2 of them; whoever searches bounds the
// memory, which runs out before.
class Memo {
 public:
  Memo(std::size_t taken_words, std::size_t unknown_words);

  // False if there is one already that is at least as good: the same, with none but these unknown
  // outcomes used up. What leads to an end from here would have led there from that one, too.
  bool add(const Configuration& configuration);

  std::uint32_t size() const { return size_; }
  std::size_t memory_bytes() const;

 private:
  static constexpr std::size_t kBlockEntries = 256;
  // An entry's words: rank and next, state, taken, unknown. Entries that differ only in the
  // unknown outcomes are a chain; `next` is the number of the following one plus 1.
  static constexpr std::size_t kHeadWords = 2;

  std::uint64_t* entry(std::uint32_t number) {
    return blocks_[number / kBlockEntries].get() + (number % kBlockEntries) * stride_;
  }
  std::uint64_t hash(std::uint32_t rank, const std::uint64_t* state_and_taken) const;
  bool same(const std::uint64_t* entry, const Configuration& configuration) const;
  std::uint32_t store(const Configuration& configuration);
  void grow();

  std::size_t taken_words_;
  std::size_t stride_;
  std::vector<std::unique_ptr<std::uint64_t[]>> blocks_;
  std::vector<std::uint32_t> table_;  // open addressing; a chain's first number plus 1, or 0
  std::uint32_t size_ = 0;
  std::uint32_t chains_ = 0;
  std::vector<std::uint64_t> scratch_;
};

}  // namespace holdfast::lincheck
