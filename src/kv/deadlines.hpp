#pragma once

#include <absl/container/btree_set.h>
#include <absl/numeric/int128.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/entry.hpp"

namespace holdfast::kv {

// The entries that expire, by when, and then by their last change: an order that all replicas have,
// and that needs no look at the entries. Refers to entries where they are in memory. A B-tree, as
// it takes half of a binary tree's memory.
class Deadlines {
 public:
  // For an entry that expires never: nothing.
  void add(const Entry& entry) {
    if (entry.expires_ms == 0) return;
    order_.insert({entry.expires_ms, entry.revision, &entry});
    sum_ms_ += entry.expires_ms;
  }
  // Must be called before an entry that was added is moved, is destroyed, or gets another expiry or
  // revision.
  void remove(const Entry& entry) {
    if (entry.expires_ms == 0) return;
    order_.erase({entry.expires_ms, entry.revision, &entry});
    sum_ms_ -= entry.expires_ms;
  }

  std::size_t size() const { return order_.size(); }
  // Nothing: none expires.
  std::optional<std::uint64_t> next_ms() const {
    return order_.empty() ? std::nullopt : std::optional(order_.begin()->ms);
  }
  // The mean of all; zero: none expires.
  std::uint64_t mean_ms() const {
    return order_.empty() ? 0 : static_cast<std::uint64_t>(sum_ms_ / order_.size());
  }
  bool has_due(std::uint64_t now_ms) const {
    return !order_.empty() && order_.begin()->ms <= now_ms;
  }
  // Of the next one. Requires that there is one.
  std::string_view next_key() const { return order_.begin()->entry->key(); }

 private:
  struct Deadline {
    std::uint64_t ms;
    std::uint64_t revision;
    const Entry* entry;
    bool operator<(const Deadline& other) const {
      return ms != other.ms ? ms < other.ms : revision < other.revision;
    }
  };

  absl::btree_set<Deadline> order_;
  absl::uint128 sum_ms_ = 0;
};

}  // namespace holdfast::kv
