#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace holdfast::kv {

struct Range {
  std::size_t first = 0;
  std::size_t count = 0;
};

// What a client means by "from first to last" of `size` items: both are included, and negative
// ones count from the end. Nothing: none.
inline std::optional<Range> resolve_range(std::int64_t first, std::int64_t last, std::size_t size) {
  const auto end = static_cast<std::int64_t>(size);
  const auto from_start = [end](std::int64_t at) {
    return std::max<std::int64_t>(at < 0 ? at + end : at, 0);
  };
  first = from_start(first);
  last = std::min(from_start(last), end - 1);
  if (first > last) return std::nullopt;
  return Range{static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1)};
}

// Backwards from the end: of both before the beginning, resolve_range() would make the first item.
inline bool is_backwards(std::int64_t first, std::int64_t last) {
  return first < 0 && last < 0 && first > last;
}

}  // namespace holdfast::kv
