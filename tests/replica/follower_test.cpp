#include <gtest/gtest.h>

#include <deque>
#include <ranges>

#include "replica/replica.hpp"
#include "replica/snapshot_sent.hpp"

namespace holdfast::replica {
namespace {

using std::chrono::milliseconds;

constexpr NodeId kThisNode(2);
constexpr NodeId kItsLeader(1);
constexpr Term kItsTerm(1);

// Node 2 of three with a disk that is done at once. Its leader, node 1, is played by the test.
class Follower : public testing::Test {
 protected:
  Follower() { start(); }

  // Anew, with the leader's no-op on its disk, and applied.
  void start() {
    Config config;
    config.raft.id = kThisNode;
    config.raft.voters = {kItsLeader, kThisNode, NodeId(3)};
    const raft::Restored disk{.hard_state = {kItsTerm, NodeId()},
                              .entries = {{kItsTerm, raft::EntryKind::kNoop, Payload()}}};
    node.emplace(config, disk, ++nonce, now);
    hear(raft::AppendRequest{
        .term = kItsTerm, .prev_index = Index(1), .prev_term = kItsTerm, .commit = Index(1)});
    turn();
  }

  void hear(raft::Message message) { node->receive(now, kItsLeader, std::move(message)); }

  void wait(Duration time) {
    now += time;
    hear(raft::Heartbeat{.term = kItsTerm});
    node->tick(now);
  }

  // The answers of this turn; what it asks the leader is in `asked`.
  std::vector<Completion> turn() {
    Output output = node->take_output(now);
    for (const raft::Persist& batch : output.persist) node->persisted(now, batch.ticket);
    for (const Outgoing& out : output.messages) {
      const auto* message = std::get_if<raft::Message>(&out.message);
      if (message == nullptr) ++forwards;
      const auto* question = message ? std::get_if<raft::ReadIndexRequest>(message) : nullptr;
      if (question) asked.push_back(question->token);
    }
    return std::move(output.completions);
  }

  void read(Duration max_stale = {}) {
    const std::vector<std::string_view> get{"GET", "k"};
    node->submit_read(now, {1, ++request}, get, max_stale);
  }
  void grant(std::uint64_t token, Index index) {
    hear(
        raft::ReadIndexResponse{.term = kItsTerm, .token = token, .granted = true, .index = index});
  }

  Instant now{std::chrono::seconds(1)};
  std::uint64_t nonce = 0;
  std::uint64_t request = 0;
  std::optional<Replica> node;
  std::vector<std::uint64_t> asked;
  int forwards = 0;
};

// Kills: a resend by time alone. A large write that took longer stood in the log two or three
// times.
TEST_F(Follower, LargeWriteUnderWay_IsSentAgainOnlyWhenItIsOverdue) {
  std::string batch;
  Writer writer(batch);
  kv::put_batch_header({1}, writer);
  kv::put_section(kv::OpenSection{.origin = kThisNode, .nonce = nonce}, writer);
  hear(raft::AppendRequest{.term = kItsTerm,
                           .prev_index = Index(1),
                           .prev_term = kItsTerm,
                           .commit = Index(2),
                           .entries = {{kItsTerm, raft::EntryKind::kCommand, Payload(batch)}}});
  turn();
  forwards = 0;
  const std::string value(64 << 20, 'x');
  const std::vector<std::string_view> set{"SET", "k", value};
  node->submit_write(now, {1, ++request}, set);
  for (int i = 0; i < 20; ++i) {
    turn();
    wait(milliseconds(100));
  }
  EXPECT_EQ(forwards, 1);
  for (int i = 0; i < 20; ++i) {
    turn();
    wait(milliseconds(100));
  }
  EXPECT_EQ(forwards, 2);
}

// Kills: a majority that waits until a follower has applied what it has already.
TEST_F(Follower, EntryIsWrittenAndAcknowledged_BeforeTheOneBeforeItIsApplied) {
  const auto append = [this](Index previous) {
    hear(raft::AppendRequest{.term = kItsTerm,
                             .prev_index = previous,
                             .prev_term = kItsTerm,
                             .commit = previous,
                             .entries = {{kItsTerm, raft::EntryKind::kNoop, Payload()}}});
  };
  append(Index(1));
  turn();
  append(Index(2));
  ASSERT_TRUE(node->is_behind());
  const Output written = node->take_urgent(now);
  ASSERT_EQ(written.persist.size(), 1u);
  node->persisted(now, written.persist[0].ticket);
  const Output acknowledged = node->take_urgent(now);
  ASSERT_EQ(acknowledged.messages.size(), 1u);
  const auto& message = std::get<raft::Message>(acknowledged.messages[0].message);
  EXPECT_EQ(std::get<raft::AppendResponse>(message).match, Index(3));
  EXPECT_EQ(node->status().applied_index, Index(1));
  turn();
  EXPECT_EQ(node->status().applied_index, Index(2));
}

// Kills: applying what the snapshot has. Others run this node's turns while it waits for its disk.
TEST_F(Follower, SnapshotBetweenWhatIsUrgentAndTheRest_TakesThePlaceOfWhatWasCommitted) {
  hear(raft::AppendRequest{.term = kItsTerm,
                           .prev_index = Index(1),
                           .prev_term = kItsTerm,
                           .commit = Index(2),
                           .entries = {{kItsTerm, raft::EntryKind::kNoop, Payload()}}});
  ASSERT_TRUE(node->is_behind());
  for (const raft::Persist& batch : node->take_urgent(now).persist) {
    node->persisted(now, batch.ticket);
  }
  node->snapshot_done(now, snapshot_of({"", "", "", "", ""}, kItsTerm));
  turn();
  EXPECT_EQ(node->status().applied_index, Index(5));
}

// The bound counts from when the question was asked: the answer says nothing of what came later.
TEST_F(Follower, ReadThatMayBeStale_AsksNobodyWithinItsBound) {
  read(milliseconds(100));
  turn();
  ASSERT_EQ(asked.size(), 1u) << "nothing is known yet";
  wait(milliseconds(40));
  grant(asked[0], Index(1));
  EXPECT_EQ(turn().size(), 1u);
  wait(milliseconds(59));
  read(milliseconds(100));
  EXPECT_EQ(turn().size(), 1u);
  EXPECT_EQ(asked.size(), 1u);
  wait(milliseconds(1));
  read(milliseconds(100));
  EXPECT_TRUE(turn().empty());
  EXPECT_EQ(asked.size(), 2u);
  read();
  EXPECT_TRUE(turn().empty()) << "a read that names no bound gets the newest state";
  EXPECT_EQ(asked.size(), 3u);
}

// What was granted and not applied yet is not the state that is read.
TEST_F(Follower, ReadThatMayBeStale_WaitsForWhatIsNotApplied) {
  read(milliseconds(100));
  turn();
  grant(asked[0], Index(7));
  EXPECT_TRUE(turn().empty());
  read(milliseconds(100));
  EXPECT_TRUE(turn().empty());
  EXPECT_EQ(asked.size(), 2u);
}

// Of two reads of one pipeline the second must not see less than the first: a client that says
// WATCH and then GET would overwrite what came in between.
TEST_F(Follower, ReadsOfWhichTheFirstQuestionIsLost_AreAnsweredInTheirOrder) {
  read();
  turn();
  read();
  turn();
  ASSERT_EQ(asked.size(), 2u);
  grant(asked[1], Index(1));
  const auto answered = turn();
  ASSERT_EQ(answered.size(), 2u) << "the later question covers what was asked before";
  EXPECT_EQ(answered[0].key.request, 1u);
}

TEST_F(Follower, ReadsOfWhichTheFirstNeedsMore_AreAnsweredInTheirOrder) {
  read();
  turn();
  read();
  turn();
  grant(asked[0], Index(2));
  grant(asked[1], Index(1));
  EXPECT_TRUE(turn().empty());
}

// A leader may keep the question of a node that died meanwhile, and answer when it is up again.
// Kills: tokens that begin at one in each life.
TEST_F(Follower, AnswerToAnEarlierLifesQuestion_AnswersNothing) {
  read();
  turn();
  ASSERT_EQ(asked.size(), 1u);
  start();
  read();
  turn();
  ASSERT_EQ(asked.size(), 2u);
  grant(asked[0], Index(1));
  EXPECT_TRUE(turn().empty());
  grant(asked[1], Index(1));
  EXPECT_EQ(turn().size(), 1u);
}

// Kills: a token kept until its answer comes, when it never does: after a thousand lost answers
// under one leader every read was refused.
TEST_F(Follower, ManyLostAnswers_DoNotStopReads) {
  for (int i = 0; i < 3000; ++i) {
    read();
    wait(milliseconds(600));
    turn();
  }
  const std::size_t before = asked.size();
  read();
  turn();
  ASSERT_EQ(asked.size(), before + 1);
  grant(asked.back(), Index(1));
  EXPECT_FALSE(turn().empty());
}

// Kills: giving up each question after the same time, which on a long way is never enough.
TEST_F(Follower, AnswersThatTakeLongerThanTheResendInterval_AreAwaitedInTheEnd) {
  constexpr Duration kStep = milliseconds(50);
  constexpr std::size_t kSteps = 14;  // 700 ms
  std::deque<std::vector<std::uint64_t>> under_way(kSteps);
  std::size_t answered = 0;
  read();
  for (int i = 0; i < 100 && answered == 0; ++i) {
    answered += turn().size();
    under_way.push_back(std::exchange(asked, {}));
    for (const std::uint64_t token : under_way.front()) grant(token, Index(1));
    under_way.pop_front();
    wait(kStep);
  }
  EXPECT_EQ(answered, 1u);
}

TEST_F(Follower, ManyQuestionsAtOnce_AreAllAnswered) {
  for (int i = 0; i < 5000; ++i) {
    read();
    turn();
  }
  std::size_t answered = 0;
  for (int round = 0; round < 3; ++round) {
    for (const std::uint64_t token : std::exchange(asked, {})) grant(token, Index(1));
    answered += turn().size();
  }
  EXPECT_EQ(answered, 5000u);
}

// Kills: a deadline that lies in the past for as long as the index is not applied, at which the
// host's loop spins.
TEST_F(Follower, GrantedReadThatIsNotAppliedYet_WaitsWithoutADeadlineInThePast) {
  read();
  turn();
  grant(asked.back(), Index(2));
  for (int i = 0; i < 5; ++i) {
    wait(milliseconds(200));
    EXPECT_TRUE(turn().empty());
    EXPECT_GT(node->next_deadline(), now);
  }
}

raft::Entry members(Term term, std::initializer_list<NodeId> nodes) {
  const std::vector<NodeId> voters(nodes);
  return {term, raft::EntryKind::kMembership, Payload(raft::encode(raft::Membership::of(voters)))};
}

// Kills: knowing a membership by its index alone.
TEST_F(Follower, MembershipInAnothersPlace_IsToldToTheHost) {
  hear(raft::AppendRequest{.term = kItsTerm,
                           .prev_index = Index(1),
                           .prev_term = kItsTerm,
                           .entries = {members(kItsTerm, {kItsLeader, kThisNode})}});
  turn();
  const raft::Entry other = members(Term(2), {kThisNode, NodeId(3)});
  node->receive(
      now, NodeId(3),
      raft::AppendRequest{
          .term = Term(2), .prev_index = Index(1), .prev_term = kItsTerm, .entries = {other}});
  const auto told = node->take_output(now).membership;
  ASSERT_TRUE(told);
  EXPECT_EQ(raft::encode(*told), other.payload.view());
}

}  // namespace
}  // namespace holdfast::replica
