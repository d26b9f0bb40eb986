#pragma once

#include <cstdint>

namespace holdfast::kv {

// What a read may tell besides what is in the keys.
struct Moment {
  // Cluster time. The state's own is that of its last entry, and stands still while nobody writes:
  // it is right for whether a key has expired, as an entry comes when one does, and wrong for how
  // long it has yet. An earlier time than the state's counts as that.
  std::uint64_t now_ms = 0;
  std::uint64_t chance = 0;  // any number, to draw by
  // As part of an entry: all replicas must answer the same.
  bool is_replicated = false;
};

}  // namespace holdfast::kv
