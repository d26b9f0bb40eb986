#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "replica/snapshot_sent.hpp"

namespace holdfast::replica {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kEarlierNonce = 10;

std::string batch_of(const kv::Section& section) {
  std::string batch;
  Writer writer(batch);
  kv::put_batch_header({1}, writer);
  kv::put_section(section, writer);
  return batch;
}

std::string opening(std::uint64_t nonce) {
  return batch_of(kv::OpenSection{.origin = kSelf, .nonce = nonce});
}

std::string append(Index epoch, std::uint64_t seq) {
  std::string command;
  Writer writer(command);
  const std::vector<std::string_view> args{"APPEND", "k", "v"};
  kv::put_command(args, writer);
  return batch_of(kv::CommandsSection{.origin = kSelf,
                                      .epoch = epoch,
                                      .first_seq = seq,
                                      .value_bytes_max = 100,
                                      .count = 1,
                                      .commands = command});
}

// Node 2 of three. Its leader, node 1, is played by the test; the numbering of its writes is opened
// by entry 2, and two of them are on their way.
class SnapshotArrives : public testing::Test {
 protected:
  static constexpr Term kTerm{1};
  static constexpr Index kEpoch{2};

  SnapshotArrives() {
    Config config;
    config.raft.id = kSelf;
    config.raft.voters = {kLeader, kSelf, kOther};
    const raft::Restored disk{.hard_state = {kTerm, NodeId()},
                              .entries = {{kTerm, raft::EntryKind::kNoop, Payload()}}};
    node.emplace(config, disk, kNonce, now);
    append_entry(Index(2), opening(kNonce));
    write();
    write();
    turn();
    EXPECT_EQ(first_sent(), 1U);
  }

  void append_entry(Index index, const std::string& batch) {
    node->receive(
        now, kLeader,
        raft::AppendRequest{.term = kTerm,
                            .prev_index = index.prev(),
                            .prev_term = kTerm,
                            .commit = index,
                            .entries = {{kTerm, raft::EntryKind::kCommand, Payload(batch)}}});
    turn();
  }
  void write() {
    const std::vector<std::string_view> args{"APPEND", "k", "v"};
    node->submit_write(now, {1, ++request}, args);
  }
  void turn() {
    Output output = node->take_output(now);
    for (const raft::Persist& batch : output.persist) node->persisted(now, batch.ticket);
    sent = Payload();
    for (const Outgoing& out : output.messages) {
      if (const auto* forward = std::get_if<wire::Forward>(&out.message)) sent = forward->section;
    }
    for (Completion& done : output.completions) answers.push_back(std::move(done));
  }

  // What this turn sent to the leader.
  std::optional<kv::Section> sent_section() const {
    Reader reader(sent.view());
    return sent.size() == 0 ? std::nullopt : kv::get_section(reader);
  }
  std::uint64_t first_sent() const {
    const auto section = sent_section();
    const auto* commands = section ? std::get_if<kv::CommandsSection>(&*section) : nullptr;
    return commands ? commands->first_seq : 0;
  }
  bool sent_an_opening() const {
    const auto section = sent_section();
    return section && std::holds_alternative<kv::OpenSection>(*section);
  }
  bool all_unknown() const {
    return std::ranges::all_of(answers, [](const Completion& done) {
      const auto* error = std::get_if<kv::Reply::Error>(&done.reply.value);
      return error != nullptr && error->text.starts_with("UNKNOWN");
    });
  }

  Instant now{std::chrono::seconds(1)};
  std::uint64_t request = 0;
  std::optional<Replica> node;
  Payload sent;
  std::vector<Completion> answers;
};

// Kills: waiting for answers that entries in a snapshot will never give.
TEST_F(SnapshotArrives, WriteThatItHolds_IsUnknownAndTheNextGoesOn) {
  node->snapshot_done(now, snapshot_of({"", opening(kNonce), append(kEpoch, 1)}, kTerm));
  turn();
  EXPECT_EQ(answers.size(), 1U);
  EXPECT_TRUE(all_unknown());
  EXPECT_EQ(first_sent(), 2U);
}

// An earlier life's request came late, and its entry is in the snapshot: it is not known how many
// of ours came before it. Kills: sending them again under the new numbering.
TEST_F(SnapshotArrives, NumberingThatWasClosedInIt_AllAreUnknownAndNoneIsSentAgain) {
  node->snapshot_done(
      now, snapshot_of({"", opening(kNonce), append(kEpoch, 1), opening(kEarlierNonce)}, kTerm));
  turn();
  EXPECT_EQ(answers.size(), 2U);
  EXPECT_TRUE(all_unknown());
  EXPECT_TRUE(sent_an_opening());
  append_entry(Index(5), opening(kNonce));
  EXPECT_FALSE(sent_section());
  write();
  turn();
  EXPECT_EQ(first_sent(), 1U);
  EXPECT_EQ(answers.size(), 2U);
}

// For a peer that does not answer the log behind its snapshot is not kept. Kills: going on with
// that snapshot all the same, of which no log leads to the present.
TEST_F(SnapshotSent, LogBehindItIsGone_TheNewestTakesItsPlace) {
  hear(kOther, raft::AppendResponse{.term = kTerm, .rejected = Index(5), .last = Index()});
  pass(milliseconds(1));
  ASSERT_EQ(offered, Index(5));
  for (int i = 0; i < 10; ++i) pass(milliseconds(60));
  node->submit_snapshot(now, {1, 1});
  pass_making();
  ASSERT_GT(node->status().first_index, Index(6));
  for (int i = 0; i < 10; ++i) pass(milliseconds(60));
  EXPECT_EQ(offered, node->status().first_index.prev());
}

// Kills: silence, in which the leader begins anew; and a line in the log for each attempt.
TEST_F(SnapshotArrives, CannotBeReceived_TheLeaderIsToldEachTimeTheOperatorOnce) {
  const storage::SnapshotId id{.last = {Index(9), kTerm}, .number = 7, .bytes = 100};
  std::size_t warnings = 0;
  for (int i = 0; i < 2; ++i) {
    node->receive(now, kLeader,
                  wire::SnapshotChunk{.term = kTerm,
                                      .last = id.last,
                                      .number = id.number,
                                      .total = id.bytes,
                                      .bytes = Payload()});
    turn();
    node->snapshot_done(now, result::NotReceived{id, "no space left on device"});
    const Output output = node->take_output(now);
    warnings += output.warnings.size();
    ASSERT_EQ(output.messages.size(), 1u);
    const auto* ack = std::get_if<wire::SnapshotAck>(&output.messages[0].message);
    ASSERT_NE(ack, nullptr);
    EXPECT_EQ(ack->received, wire::SnapshotAck::kNotTaken);
  }
  EXPECT_EQ(warnings, 1u);
  EXPECT_NE(node->status().snapshot_trouble.find("no space left"), std::string::npos);
}

// Kills: an answer by a snapshot that began before it was asked for.
TEST_F(SnapshotMadeOften, WhileOneIsMade_TheNextOneAnswers) {
  const std::vector<std::string_view> set{"SET", "k", "v"};
  holds = true;
  for (int i = 0; i < 10 && !is_held; ++i) pass(milliseconds(1));
  ASSERT_TRUE(is_held);
  const Index first = made.last.index;
  node->submit_write(now, {1, 1}, set);
  for (int i = 0; i < 5; ++i) pass(milliseconds(1));
  ASSERT_EQ(answered, (std::vector<RequestKey>{{1, 1}}));
  node->submit_snapshot(now, {1, 2});
  pass(milliseconds(1));
  ASSERT_EQ(made.last.index, first);
  node->snapshot_done(now, result::Made{made});
  turn();
  EXPECT_EQ(answered.size(), 1u) << "the write that was acknowledged is not in it";
  ASSERT_GT(made.last.index, first);
  release();
  EXPECT_EQ(answered.back(), (RequestKey{1, 2}));
}

// Kills: a copy that takes all of a node's time until it is done.
TEST_F(SnapshotSent, CopyOfMuch_TakesItsTime) {
  const std::string value(1 << 20, 'v');
  for (std::uint64_t i = 1; i <= 4; ++i) {
    const std::string key = "k" + std::to_string(i);
    node->submit_write(now, {1, i}, std::array<std::string_view, 3>{"SET", key, value});
  }
  for (int i = 0; i < 100 && answered.size() < 4; ++i) pass(milliseconds(1));
  ASSERT_EQ(answered.size(), 4U);
  node->submit_snapshot(now, {1, 5});
  const auto asked_at = now;
  bool rests = false;  // nothing is to be done before the next piece
  for (int i = 0; i < 1000 && answered.size() < 5; ++i) {
    pass(milliseconds(1));
    rests = rests || node->next_deadline() > now;
  }
  EXPECT_EQ(answered.size(), 5U);
  EXPECT_GE(copied, 4 * value.size());
  EXPECT_GE(now - asked_at, milliseconds(30));
  EXPECT_TRUE(rests);
}

TEST_F(SnapshotMadeOften, WithNothingNew_IsAnsweredAtOnce) {
  for (int i = 0; i < 10; ++i) pass(milliseconds(1));
  const Index last = made.last.index;
  node->submit_snapshot(now, {1, 1});
  turn();
  EXPECT_EQ(answered, (std::vector<RequestKey>{{1, 1}}));
  EXPECT_EQ(made.last.index, last);
}

}  // namespace
}  // namespace holdfast::replica
