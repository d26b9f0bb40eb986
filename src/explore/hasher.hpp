#pragma once

#include <algorithm>
#include <array>
#include <boost/pfr.hpp>
#include <concepts>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "explore/bounds.hpp"
#include "raft/membership.hpp"
#include "raft/types.hpp"

namespace holdfast::explore {

using Fingerprint = std::uint64_t;

// New ids for nodes. Zero, which means none, stays zero.
class Renaming {
 public:
  Renaming() {
    for (std::size_t id = 0; id <= kNodesMax; ++id) to_[id] = NodeId(id);
  }
  NodeId operator()(NodeId node) const { return to_[node.value()]; }
  void set(NodeId from, NodeId to) { to_[from.value()] = to; }

 private:
  std::array<NodeId, kNodesMax + 1> to_;
};

// Makes a number of a value, such that values between which nothing but these differ get the same:
//  - the names of nodes, as far as `renaming` takes them to the same;
//  - tickets, as long as the order of those that are not durable is the same;
//  - times, since an explored cluster has none;
//  - the order in sets and maps of nodes, and of messages held back for the same ticket;
//  - the order of a membership's members, also where it is a log's entry.
class Hasher {
 public:
  Hasher(const Renaming& renaming, Ticket durable) : renaming_(renaming), durable_(durable) {}

  template <class... Fields>
  void operator()(const Fields&... fields) {
    (add(fields), ...);
  }

  Fingerprint result() const {
    return checksum({reinterpret_cast<const char*>(words_.data()), words_.size() * sizeof(Word)});
  }

 private:
  using Word = std::uint64_t;

  void add(NodeId node) { words_.push_back(renaming_(node).value()); }
  void add(Ticket ticket) {
    words_.push_back(ticket > durable_ ? ticket.value() - durable_.value() : 0);
  }
  void add(Instant) {}
  void add(const std::optional<Instant>&) {}
  void add(Duration) {}
  void add(const Payload& payload) { words_.push_back(checksum(payload.view())); }
  void add(const std::string& text) { words_.push_back(checksum(text)); }
  void add(const raft::Membership& membership) { add_in_any_order(membership.members); }
  void add(const raft::Entry& entry) {
    add(entry.term);
    add(entry.kind);
    if (entry.kind != raft::EntryKind::kMembership) return add(entry.payload);
    add(raft::decode_membership(entry.payload.view()).value_or(raft::Membership()));
  }
  template <class Tag>
  void add(Strong<Tag> number) {
    words_.push_back(number.value());
  }
  template <class Number>
  requires std::integral<Number> || std::is_enum_v<Number>
  void add(Number number) { words_.push_back(static_cast<Word>(number)); }

  template <class T>
  void add(const std::optional<T>& value) {
    add(value.has_value());
    if (value) add(*value);
  }
  template <class... Ts>
  void add(const std::variant<Ts...>& value) {
    add(value.index());
    std::visit([this](const auto& alternative) { this->add(alternative); }, value);
  }
  template <class First, class Second>
  void add(const std::pair<First, Second>& pair) {
    add(pair.first);
    add(pair.second);
  }
  template <class T>
  void add(const std::vector<T>& items) {
    add_in_order(items);
  }
  template <class T>
  void add(const std::deque<T>& items) {
    add_in_order(items);
  }
  template <class T>
  void add(const std::set<T>& items) {
    add_in_any_order(items);
  }
  template <class Key, class T>
  void add(const std::map<Key, T>& items) {
    add_in_any_order(items);
  }
  template <class Key, class T>
  void add(const std::multimap<Key, T>& items) {
    add_in_any_order(items);
  }
  template <class T>
  requires std::is_class_v<T>
  void add(const T& value) {
    if constexpr (requires { value.describe(*this); }) {
      value.describe(*this);
    } else {
      boost::pfr::for_each_field(value, [this](const auto& field) { this->add(field); });
    }
  }

  void add_in_order(const auto& items) {
    add(items.size());
    for (const auto& item : items) add(item);
  }
  void add_in_any_order(const auto& items) {
    std::vector<Word> hashes;
    for (const auto& item : items) {
      Hasher hasher(renaming_, durable_);
      hasher.add(item);
      hashes.push_back(hasher.result());
    }
    std::ranges::sort(hashes);
    add_in_order(hashes);
  }

  const Renaming& renaming_;
  Ticket durable_;
  std::vector<Word> words_;
};

}  // namespace holdfast::explore
