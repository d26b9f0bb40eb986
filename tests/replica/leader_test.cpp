#include <gtest/gtest.h>

#include "replica/replica.hpp"

namespace holdfast::replica {
namespace {

using std::chrono::milliseconds;

// Node 1 of three, elected by node 2. Its disk is done when the test says so.
class Leader : public testing::Test {
 protected:
  Leader() {
    Config config;
    config.raft.id = NodeId(1);
    config.raft.voters = {NodeId(1), NodeId(2), NodeId(3)};
    node.emplace(config, raft::Restored{}, 1, now);
    now = node->next_deadline();
    node->tick(now);
    hear(2, raft::VoteResponse{.term = Term(1), .pre = true, .granted = true});
    finish_disk(node->take_output(now));
    hear(2, raft::VoteResponse{.term = Term(1), .granted = true});
  }

  void hear(std::uint64_t from, raft::Message message) {
    node->receive(now, NodeId(from), std::move(message));
  }
  void finish_disk(const Output& output) {
    for (const raft::Persist& batch : output.persist) node->persisted(now, batch.ticket);
  }
  // Its epoch is opened and applied, so what follows are writes. The last index.
  Index lead() {
    finish_disk(node->take_output(now));
    hear(2, raft::AppendResponse{.term = Term(1), .accepted = true, .match = Index(2)});
    node->take_output(now);
    return node->status().last_index;
  }
  void write(const std::string& value = "v") {
    const std::vector<std::string_view> set{"SET", "k", value};
    node->submit_write(now, {1, ++request}, set);
  }
  void forward_from(std::uint64_t from) {
    std::string section;
    Writer writer(section);
    kv::put_section(kv::OpenSection{.origin = NodeId(from), .nonce = 7}, writer);
    node->receive(now, NodeId(from), wire::Forward{Term(1), Payload(std::move(section))});
  }

  Instant now{std::chrono::seconds(1)};
  std::uint64_t request = 0;
  std::optional<Replica> node;
};

// Kills: an entry for each turn while the disk writes the one before.
TEST_F(Leader, FewWritesWhileTheDiskIsBusy_AreOneEntry) {
  const Index before = lead();
  write();
  const Output first = node->take_output(now);
  for (int i = 0; i < 3; ++i) {
    write();
    node->take_output(now);
  }
  now = now + milliseconds(1);
  node->take_output(now);
  EXPECT_EQ(node->status().last_index, before.next());
  finish_disk(first);
  node->take_output(now);
  EXPECT_EQ(node->status().last_index, before.plus(2));
}

// Kills: entries of few writes each, as their clients were answered together; and an entry a round
// trip, where the others are far away.
TEST_F(Leader, WritesGatherForAMillisecond_BehindWhatIsOnlyOnItsDisk) {
  const Index before = lead();
  write();
  finish_disk(node->take_output(now));
  write();
  node->take_output(now);
  EXPECT_EQ(node->status().last_index, before.next());
  EXPECT_LE(node->next_deadline(), now + milliseconds(1));
  now = now + milliseconds(1);
  node->take_output(now);
  EXPECT_EQ(node->status().last_index, before.plus(2));
}

// Kills: waiting for a slow disk when a majority has the entry without it.
TEST_F(Leader, WritesGather_UntilOthersHaveWhatWasBefore) {
  const Index before = lead();
  write();
  node->take_output(now);
  write();
  node->take_output(now);
  for (const std::uint64_t peer : {2, 3}) {
    hear(peer, raft::AppendResponse{.term = Term(1), .accepted = true, .match = before.next()});
  }
  node->take_output(now);
  EXPECT_EQ(node->status().last_index, before.plus(2));
}

// Kills: a large batch that waits though it has nothing to gain.
TEST_F(Leader, MuchToWriteWhileTheDiskIsBusy_GoesOutAtOnce) {
  const Index before = lead();
  write();
  node->take_output(now);
  write(std::string(100'000, 'x'));
  node->take_output(now);
  EXPECT_EQ(node->status().last_index, before.plus(2));
}

// Kills: the next entry, and what it keeps busy, waiting until the one before is applied.
TEST_F(Leader, NextEntry_IsUrgent) {
  const Index before = lead();
  write();
  finish_disk(node->take_output(now));
  write();
  EXPECT_FALSE(node->is_behind());
  hear(2, raft::AppendResponse{.term = Term(1), .accepted = true, .match = before.next()});
  ASSERT_TRUE(node->is_behind());
  const Output urgent = node->take_urgent(now);
  EXPECT_EQ(node->status().last_index, before.plus(2));
  EXPECT_EQ(urgent.persist.size(), 1u);
  EXPECT_EQ(urgent.messages.size(), 1u) << "node 3 has never answered";
  EXPECT_TRUE(urgent.completions.empty());
  const Output output = node->take_output(now);
  EXPECT_TRUE(output.persist.empty() && output.messages.empty());
  EXPECT_EQ(output.completions.size(), 1u);
  EXPECT_FALSE(node->is_behind());
}

// Kills: two messages and two awakened nodes for each entry, for nobody's sake.
TEST_F(Leader, CommitIsToldAtOnce_ToThoseWhoWait) {
  const Index before = lead();
  write();
  finish_disk(node->take_output(now));
  hear(2, raft::AppendResponse{.term = Term(1), .accepted = true, .match = before.next()});
  EXPECT_TRUE(node->take_output(now).messages.empty());
  forward_from(3);
  finish_disk(node->take_output(now));
  hear(2, raft::AppendResponse{.term = Term(1), .accepted = true, .match = before.plus(2)});
  EXPECT_FALSE(node->take_output(now).messages.empty());
}

// Kills: a resend timer that goes on for what is in the leader's own log, at which the host's loop
// spins while the disks of a majority are slow.
TEST_F(Leader, WriteThatIsNotCommittedForLong_WaitsWithoutADeadlineInThePast) {
  lead();
  write();
  finish_disk(node->take_output(now));
  ASSERT_EQ(node->status().last_index, Index(3));
  for (int i = 0; i < 10; ++i) {
    now += milliseconds(200);
    hear(2, raft::HeartbeatResponse{.term = Term(1)});
    node->tick(now);
    node->take_output(now);
    ASSERT_EQ(node->status().role, Role::kLeader);
    EXPECT_GT(node->next_deadline(), now) << i;
  }
}

// Kills: proposing all the same, which ended the process before anybody was told why.
TEST_F(Leader, SecondLeaderInItsTerm_IsReportedThoughWritesWait) {
  lead();
  write();
  hear(3, raft::Heartbeat{.term = Term(1)});
  const Output output = node->take_output(now);
  ASSERT_TRUE(output.fault);
  EXPECT_NE(output.fault->find("two leaders in term 1"), std::string::npos) << *output.fault;
}

// Kills: writes of a node that was removed, or never added.
TEST_F(Leader, ForwardOfAStranger_IsNotProposed) {
  finish_disk(node->take_output(now));
  now = now + milliseconds(1);
  const Index last = node->status().last_index;
  const auto last_after_forward_of = [&](std::uint64_t from) {
    forward_from(from);
    node->take_output(now);
    return node->status().last_index;
  };
  EXPECT_EQ(last_after_forward_of(4), last);
  EXPECT_EQ(last_after_forward_of(3), last.next());
}

}  // namespace
}  // namespace holdfast::replica
