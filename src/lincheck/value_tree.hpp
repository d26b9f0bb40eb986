#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::lincheck {

// All values that outputs show of one key, as a radix tree. A value that is the beginning of a
// shown one is a place in the tree, eight bytes; so a state of thousands of appends is copied,
// compared and hashed at once, and appending looks at the added bytes only. Places are equal if
// and only if the values are, byte for byte: there is no hash that could collide.
//
// First insert() all values, then finish(), then everything else. The bytes stay the caller's.
class ValueTree {
 public:
  struct Place {
    std::uint32_t node = 0;
    std::uint32_t offset = 0;  // into the node's edge; more than 0 but at the root

    bool operator==(const Place&) const = default;
  };
  using Terminal = std::uint32_t;  // where a value ends

  ValueTree() { nodes_.push_back({}); }

  // Fastest when values that share long beginnings follow one another.
  Terminal insert(std::string_view value);
  void finish();

  static Place root() { return {}; }
  Place end(Terminal terminal) const {
    return {terminal, nodes_[terminal].end - nodes_[terminal].start};
  }
  // Where `bytes` lead from a place; nothing if that is no beginning of a value.
  std::optional<Place> walk(Place from, std::string_view bytes) const;
  std::optional<Place> find(std::string_view value) const { return walk(root(), value); }
  // Is the value of `a` a beginning of that of `b`, or the same?
  bool is_beginning(Place a, Place b) const;
  std::uint32_t length(Place place) const { return nodes_[place.node].start + place.offset; }
  // For those who look at the tree itself. A node's children come behind it in preorder().
  std::vector<std::uint32_t> preorder() const;
  std::size_t nodes() const { return nodes_.size(); }
  std::uint32_t parent(std::uint32_t node) const { return nodes_[node].parent; }
  std::uint32_t first_child(std::uint32_t node) const { return nodes_[node].first_child; }
  std::uint32_t sibling(std::uint32_t node) const { return nodes_[node].sibling; }
  std::string_view edge(std::uint32_t node) const {
    return {nodes_[node].value + nodes_[node].start, nodes_[node].end - nodes_[node].start};
  }
  std::string_view text(Place place) const { return {nodes_[place.node].value, length(place)}; }

  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

 private:
  // A node and the edge that leads to it: the bytes [start, end) of `value`, and of all values
  // that pass through.
  struct Node {
    const char* value = nullptr;
    std::uint32_t start = 0;
    std::uint32_t end = 0;
    std::uint32_t parent = kNone;
    std::uint32_t first_child = kNone;
    std::uint32_t sibling = kNone;
    // Of a walk through the tree: nodes below this one are entered in [enter, leave).
    std::uint32_t enter = 0;
    std::uint32_t leave = 0;
  };

  std::uint32_t child(std::uint32_t node, char byte) const;
  // Cuts the edge to `node` so that a node ends after `end` bytes; returns that one.
  std::uint32_t split(std::uint32_t node, std::uint32_t end);
  Terminal extend(std::uint32_t node, std::string_view value);

  std::vector<Node> nodes_;
  Terminal last_ = 0;
};

}  // namespace holdfast::lincheck
