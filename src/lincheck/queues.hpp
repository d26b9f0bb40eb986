#pragma once

#include <cstdint>
#include <vector>

#include "lincheck/schedule.hpp"

namespace holdfast::lincheck {

// Doubly linked lists of operations; an operation may be in several, once in each. Taking it out
// of all of them and putting it back are a few stores, as long as what was taken out last goes
// back first (Knuth's dancing links; Lowe's lift and unlift).
class Queues {
 public:
  using Node = std::uint32_t;

  explicit Queues(OpId operations) : first_node_(operations, kNone), is_out_(operations) {}

  // An empty queue, named by the node before its first and after its last.
  Node add_queue() {
    const auto queue = static_cast<Node>(nodes_.size());
    nodes_.push_back({queue, queue, kNoOp, kNone});
    return queue;
  }
  void add(Node queue, OpId op) {
    const auto node = static_cast<Node>(nodes_.size());
    nodes_.push_back({nodes_[queue].previous, queue, op, first_node_[op]});
    nodes_[nodes_[queue].previous].next = node;
    nodes_[queue].previous = node;
    first_node_[op] = node;
  }

  Node next(Node node) const { return nodes_[node].next; }
  OpId op(Node node) const { return nodes_[node].op; }
  // The operation behind the node, kNoOp at the end.
  OpId op_after(Node node) const { return nodes_[nodes_[node].next].op; }

  bool is_out(OpId op) const { return is_out_[op]; }
  void lift(OpId op) {
    is_out_[op] = true;
    for (Node node = first_node_[op]; node != kNone; node = nodes_[node].same_op) {
      const Item& item = nodes_[node];
      nodes_[item.previous].next = item.next;
      nodes_[item.next].previous = item.previous;
    }
  }
  void unlift(OpId op) {
    is_out_[op] = false;
    for (Node node = first_node_[op]; node != kNone; node = nodes_[node].same_op) {
      const Item& item = nodes_[node];
      nodes_[item.previous].next = node;
      nodes_[item.next].previous = node;
    }
  }

  std::size_t memory_bytes() const {
    return nodes_.capacity() * sizeof(Item) + first_node_.capacity() * sizeof(Node);
  }

 private:
  static constexpr Node kNone = ~Node{0};
  struct Item {
    Node previous;
    Node next;
    OpId op;
    Node same_op;  // the operation's node in another queue
  };

  std::vector<Item> nodes_;
  std::vector<Node> first_node_;
  std::vector<bool> is_out_;
};

}  // namespace holdfast::lincheck
