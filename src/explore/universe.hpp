#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "explore/node.hpp"
#include "explore/state.hpp"

namespace holdfast::explore {

// What the properties of a cluster look at in a node.
struct Look {
  std::uint8_t term = 0;
  std::uint8_t commit = 0;
  std::uint8_t log_size = 0;
  std::uint8_t disk_size = 0;
  std::uint8_t writing = 0;
  bool leads = false;
  // Terms. Of what is in a snapshot only the last entry's is known.
  std::array<std::uint8_t, kEntriesMax> log{};
  std::array<std::uint8_t, kEntriesMax> disk{};
  std::uint8_t leader = 0;
  std::uint8_t snapshot = 0;  // on disk: the last entry
  SnapshotRef snapshot_ref{};
  std::uint8_t behind = 0;  // whom it should send that, a bit for each node from 1
  bool has_received = false;
  Voters voters;                // by the membership after `commit`
  bool is_change_last = false;  // the entry at `commit` is that membership
};
inline constexpr std::uint8_t kInSnapshot = 255;

struct MessageLook {
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  std::uint8_t term = 0;
  bool is_answer = false;    // of no use in a later term
  bool starts_term = false;  // the next one
};

// What becomes of a node by an input.
struct Turn {
  NodeRef next{};
  std::uint32_t sent_from = 0;
  std::uint16_t sent_count = 0;
  std::uint16_t broken = 0;  // of the properties; zero: none
};

// All states of single nodes and all messages that were met, each kept once, and what follows from
// a node and an input, computed once. There are far fewer of them than of whole clusters, so that
// a cluster is a handful of numbers and its next states are looked up.
class Universe {
 public:
  explicit Universe(const Bounds& bounds);

  NodeRef first_start(NodeId id);
  Turn turn(NodeRef node, Input input);
  std::span<const MessageRef> sent(const Turn& turn) const {
    return std::span(sent_).subspan(turn.sent_from, turn.sent_count);
  }
  const std::string& broken(const Turn& turn) const { return broken_[turn.broken]; }

  const Node& node(NodeRef ref) const { return nodes_[index(ref)].node; }
  const Look& look(NodeRef ref) const { return looks_[index(ref)]; }
  const raft::Envelope& message(MessageRef ref) const { return messages_[index(ref)].envelope; }
  const MessageLook& look(MessageRef ref) const { return message_looks_[index(ref)]; }
  const Received& snapshot(SnapshotRef ref) const { return snapshots_[index(ref)]; }
  // What an input's argument names.
  Given given(Input input) const;

  // All permutations of the nodes' ids; the first renames nobody.
  const std::vector<Renaming>& renamings() const { return renamings_; }
  // The one that gives the nodes, counted from 0, their new ids in this order.
  std::size_t renaming_of(std::span<const std::uint8_t> order) const;
  Fingerprint fingerprint(NodeRef ref, std::size_t renaming);
  Fingerprint fingerprint(MessageRef ref, std::size_t renaming);
  // The same for a node and its renamed twin.
  Fingerprint nameless(NodeRef ref) const { return nodes_[index(ref)].nameless; }

  std::size_t nodes() const { return nodes_.size(); }
  std::size_t messages() const { return messages_.size(); }
  std::size_t turns() const { return turns_.size(); }

 private:
  struct StoredNode {
    Node node;
    Fingerprint nameless;
    std::vector<Fingerprint> names;  // by renaming; zero: not yet computed
  };
  struct StoredMessage {
    raft::Envelope envelope;
    std::vector<Fingerprint> names;
  };

  static std::size_t index(auto ref) { return static_cast<std::size_t>(ref); }
  NodeRef intern(Node node);
  MessageRef intern(const raft::Envelope& envelope);
  SnapshotRef intern(const Received& snapshot);
  std::uint16_t intern(const std::string& broken);

  const Bounds bounds_;
  std::vector<Renaming> renamings_;
  std::deque<StoredNode> nodes_;
  std::vector<Look> looks_;
  std::deque<StoredMessage> messages_;
  std::vector<MessageLook> message_looks_;
  std::deque<Received> snapshots_;
  std::deque<std::string> broken_{""};
  std::vector<MessageRef> sent_;  // by all turns
  boost::unordered_flat_map<Fingerprint, NodeRef> node_refs_;
  boost::unordered_flat_map<Fingerprint, MessageRef> message_refs_;
  boost::unordered_flat_map<std::uint64_t, Turn> turns_;
};

}  // namespace holdfast::explore
