#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "kv/entry.hpp"

namespace holdfast::kv {

// The entries that expire, by when, and then by key: an order that doesn't depend on how they came
// here. Refers to entries where they are in memory.
class Deadlines {
 public:
  // For an entry that expires never: nothing.
  void add(const Entry& entry) {
    if (entry.expires_ms != 0) order_.emplace(entry.expires_ms, entry.key());
  }
  // Must be called before an entry that was added is moved, is destroyed, or gets another expiry.
  void remove(const Entry& entry) {
    if (entry.expires_ms != 0) order_.erase({entry.expires_ms, entry.key()});
  }
  void clear() { order_.clear(); }

  std::size_t size() const { return order_.size(); }
  // Nothing: none expires.
  std::optional<std::uint64_t> next_ms() const {
    return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
  }
  bool has_due(std::uint64_t now_ms) const {
    return !order_.empty() && order_.begin()->first <= now_ms;
  }
  // Of the next one. Requires that there is one.
  std::string_view next_key() const { return order_.begin()->second; }

 private:
  std::set<std::pair<std::uint64_t, std::string_view>> order_;
};

}  // namespace holdfast::kv
