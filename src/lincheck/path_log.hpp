#pragma once

#include <cstdint>
#include <vector>

#include "lincheck/schedule.hpp"

namespace holdfast::lincheck {

// Remembers, for each operation, the longest order that a search went through with it. Orders share
// their beginnings, so a step costs a few words.
class PathLog {
 public:
  explicit PathLog(OpId operations) : longest_with_(operations, kNone) {}

  void push(OpId op);
  void pop();

  // For each operation but those `without`, the longest order with it; no order twice, the longest
  // first, at most `limit`. Pops what is left.
  std::vector<std::vector<OpId>> take_longest(const std::vector<OpId>& without, std::size_t limit);
  std::size_t memory_bytes() const { return steps_.capacity() * sizeof(Step); }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Step {
    OpId op;
    std::uint32_t before;
    std::uint32_t length;
  };
  struct Open {
    std::uint32_t step;
    std::uint32_t longest;  // the last step of the longest order through this one
  };
  std::uint32_t longer(std::uint32_t a, std::uint32_t b) const;

  std::vector<Step> steps_;
  std::vector<Open> open_;
  std::vector<std::uint32_t> longest_with_;
};

}  // namespace holdfast::lincheck
