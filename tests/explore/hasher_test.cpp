#include "explore/hasher.hpp"

#include <gtest/gtest.h>

namespace holdfast::explore {
namespace {

Fingerprint hash_with(const Renaming& renaming, Ticket durable, const auto&... values) {
  Hasher hasher(renaming, durable);
  hasher(values...);
  return hasher.result();
}

Fingerprint hash(const auto&... values) {
  return hash_with(Renaming(), Ticket(), values...);
}

Fingerprint hash_durable(Ticket durable, const auto&... values) {
  return hash_with(Renaming(), durable, values...);
}

Fingerprint hash_swapped(const auto&... values) {
  Renaming swap_1_and_2;
  swap_1_and_2.set(NodeId(1), NodeId(2));
  swap_1_and_2.set(NodeId(2), NodeId(1));
  return hash_with(swap_1_and_2, Ticket(), values...);
}

struct Pair {
  NodeId node;
  Index index;
};

TEST(Hasher, RenamedNode_IsAnother) {
  EXPECT_EQ(hash(NodeId(1)), hash_swapped(NodeId(2)));
  EXPECT_NE(hash(NodeId(1)), hash_swapped(NodeId(1)));
  EXPECT_EQ(hash(NodeId()), hash_swapped(NodeId())) << "none stays none";
  EXPECT_EQ(hash(Index(1)), hash_swapped(Index(1))) << "an index is no node";
  EXPECT_EQ(hash(Pair{NodeId(1), Index(1)}), hash_swapped(Pair{NodeId(2), Index(1)}));
}

TEST(Hasher, SetsAndMapsOfRenamedNodes_HaveNoOrder) {
  const std::map<NodeId, Index> map{{NodeId(1), Index(7)}, {NodeId(2), Index(8)}};
  const std::map<NodeId, Index> swapped{{NodeId(1), Index(8)}, {NodeId(2), Index(7)}};
  EXPECT_EQ(hash(map), hash_swapped(swapped));
  EXPECT_NE(hash(map), hash_swapped(map));
  EXPECT_EQ(hash(std::set{NodeId(1), NodeId(3)}), hash_swapped(std::set{NodeId(2), NodeId(3)}));
}

raft::Entry change_to(const raft::Membership& membership) {
  return {Term(1), raft::EntryKind::kMembership, Payload(raft::encode(membership))};
}

TEST(Hasher, MembershipsOfRenamedNodes_HaveNoOrder) {
  const raft::Membership one{{{.id = NodeId(1), .votes = false}, {.id = NodeId(2)}}};
  const raft::Membership other{{{.id = NodeId(1)}, {.id = NodeId(2), .votes = false}}};
  EXPECT_EQ(hash(one), hash_swapped(other));
  EXPECT_NE(hash(one), hash_swapped(one));
  EXPECT_EQ(hash(change_to(one)), hash_swapped(change_to(other)));
  EXPECT_NE(hash(change_to(one)), hash_swapped(change_to(one)));
}

TEST(Hasher, Sequences_HaveOrder) {
  EXPECT_NE(hash(std::vector{Index(1), Index(2)}), hash(std::vector{Index(2), Index(1)}));
  EXPECT_NE(hash(std::vector{Index(1)}, std::vector<Index>()),
            hash(std::vector<Index>(), std::vector{Index(1)}));
}

TEST(Hasher, Tickets_MatterByHowFarTheyAreFromDurable) {
  EXPECT_EQ(hash_durable(Ticket(3), Ticket(4)), hash_durable(Ticket(7), Ticket(8)));
  EXPECT_EQ(hash_durable(Ticket(3), Ticket(2)), hash_durable(Ticket(3), Ticket(3)));
  EXPECT_NE(hash_durable(Ticket(3), Ticket(3)), hash_durable(Ticket(3), Ticket(4)));
  EXPECT_NE(hash_durable(Ticket(3), Ticket(4)), hash_durable(Ticket(3), Ticket(5)));
}

TEST(Hasher, Time_DoesNotMatter) {
  EXPECT_EQ(hash(Instant(), Index(1)), hash(Instant(Duration(5)), Index(1)));
  EXPECT_EQ(hash(std::optional<Instant>()), hash(std::optional(Instant())));
  EXPECT_EQ(hash(Duration(1)), hash(Duration(2)));
}

}  // namespace
}  // namespace holdfast::explore
