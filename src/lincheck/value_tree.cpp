#include "lincheck/value_tree.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.hpp"

namespace holdfast::lincheck {

namespace {

// Eight bytes at a time: outputs are long, and mostly begin like the one before.
std::uint32_t common_prefix(const char* a, const char* b, std::uint32_t limit) {
  static_assert(std::endian::native == std::endian::little);
  std::uint32_t same = 0;
  for (; same + 8 <= limit; same += 8) {
    std::uint64_t x;
    std::uint64_t y;
    std::memcpy(&x, a + same, 8);
    std::memcpy(&y, b + same, 8);
    if (x != y) return same + static_cast<std::uint32_t>(std::countr_zero(x ^ y)) / 8;
  }
  while (same < limit && a[same] == b[same]) ++same;
  return same;
}

}  // namespace

std::uint32_t ValueTree::child(std::uint32_t node, char byte) const {
  std::uint32_t next = nodes_[node].first_child;
  while (next != kNone && nodes_[next].value[nodes_[next].start] != byte) {
    next = nodes_[next].sibling;
  }
  return next;
}

std::uint32_t ValueTree::split(std::uint32_t node, std::uint32_t end) {
  const auto upper = static_cast<std::uint32_t>(nodes_.size());
  Node& lower = nodes_[node];
  Node cut{lower.value, lower.start, end, lower.parent, node, lower.sibling, 0, 0};
  std::uint32_t* link = &nodes_[lower.parent].first_child;
  while (*link != node) link = &nodes_[*link].sibling;
  *link = upper;
  lower.start = end;
  lower.parent = upper;
  lower.sibling = kNone;
  nodes_.push_back(cut);
  return upper;
}

ValueTree::Terminal ValueTree::insert(std::string_view value) {
  CHECK(value.size() < kNone);
  const auto size = static_cast<std::uint32_t>(value.size());
  // What it shares with the value before needs no walk from the root.
  const Node& last = nodes_[last_];
  const std::uint32_t shared = common_prefix(value.data(), last.value, std::min(size, last.end));
  std::uint32_t node = last_;
  while (nodes_[node].start > shared) node = nodes_[node].parent;
  if (shared < nodes_[node].end) {
    node = shared == nodes_[node].start ? nodes_[node].parent : split(node, shared);
  }
  return last_ = extend(node, value);
}

// `value` passes through the end of `node`.
ValueTree::Terminal ValueTree::extend(std::uint32_t node, std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  while (nodes_[node].end < size) {
    const std::uint32_t at = nodes_[node].end;
    const std::uint32_t next = child(node, value[at]);
    if (next == kNone) {
      const auto leaf = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({value.data(), at, size, node, kNone, nodes_[node].first_child, 0, 0});
      nodes_[node].first_child = leaf;
      return leaf;
    }
    const std::uint32_t limit = std::min(size, nodes_[next].end) - at;
    const std::uint32_t same = common_prefix(value.data() + at, nodes_[next].value + at, limit);
    node = at + same < nodes_[next].end ? split(next, at + same) : next;
  }
  return node;
}

void ValueTree::finish() {
  std::uint32_t entered = 0;
  std::uint32_t node = 0;
  nodes_[0].enter = entered++;
  while (true) {
    if (nodes_[node].first_child != kNone) {
      node = nodes_[node].first_child;
    } else {
      nodes_[node].leave = entered;
      while (nodes_[node].sibling == kNone) {
        node = nodes_[node].parent;
        if (node == kNone) return;
        nodes_[node].leave = entered;
      }
      node = nodes_[node].sibling;
    }
    nodes_[node].enter = entered++;
  }
}

std::vector<std::uint32_t> ValueTree::preorder() const {
  std::vector<std::uint32_t> order(nodes_.size());
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) order[nodes_[node].enter] = node;
  return order;
}

std::optional<ValueTree::Place> ValueTree::walk(Place from, std::string_view bytes) const {
  while (!bytes.empty()) {
    const Node* node = &nodes_[from.node];
    if (node->start + from.offset == node->end) {
      const std::uint32_t next = child(from.node, bytes.front());
      if (next == kNone) return std::nullopt;
      from = {next, 0};
      node = &nodes_[next];
    }
    const std::uint32_t at = node->start + from.offset;
    const std::size_t part = std::min<std::size_t>(bytes.size(), node->end - at);
    if (std::string_view(node->value + at, part) != bytes.substr(0, part)) return std::nullopt;
    from.offset += static_cast<std::uint32_t>(part);
    bytes.remove_prefix(part);
  }
  return from;
}

bool ValueTree::is_beginning(Place a, Place b) const {
  if (a.node == b.node) return a.offset <= b.offset;
  return nodes_[a.node].enter <= nodes_[b.node].enter &&
         nodes_[b.node].enter < nodes_[a.node].leave;
}

}  // namespace holdfast::lincheck
