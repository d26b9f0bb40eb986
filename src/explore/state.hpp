#pragma once

#include <array>
#include <cstdint>

#include "explore/bounds.hpp"

namespace holdfast::explore {

// Names of what a Universe keeps once.
enum class NodeRef : std::uint32_t {};
enum class SnapshotRef : std::uint32_t {};
enum class MessageRef : std::uint32_t { kNone = UINT32_MAX };

// A committed entry, and the term in which it was.
struct Chosen {
  std::uint8_t term = 0;  // zero: none
  std::uint8_t committed_in = 0;
  bool operator==(const Chosen&) const = default;
};

// The voters of a membership, a bit for each node from 1.
struct Voters {
  std::uint8_t votes = 0;
  std::uint8_t voted = 0;
  bool operator==(const Voters&) const = default;
};

// How much of the bounds was used.
struct Spent {
  std::uint8_t proposals = 0;
  std::uint8_t crashes = 0;
  std::uint8_t duplicates = 0;
  std::uint8_t reads = 0;
  std::uint8_t transfers = 0;
  std::uint8_t changes = 0;
  std::uint8_t snapshots = 0;
};

// A cluster at one moment, and what must be remembered of its past to judge its future. Small and
// without pointers: millions of them wait to be explored.
struct State {
  std::array<NodeRef, kNodesMax> nodes{};           // by id, from 1
  std::array<MessageRef, kMessagesMax> messages{};  // in flight: rising, the unused last
  std::array<std::uint8_t, kTermsMax> leader_of{};  // by term, from 1: the node that led it
  std::array<Chosen, kEntriesMax> chosen{};         // by index, from 1
  Voters voters;                                    // by the committed membership
  Spent spent;
};

}  // namespace holdfast::explore
