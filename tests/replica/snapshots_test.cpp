#include <gtest/gtest.h>

#include <algorithm>

#include "replica/replica.hpp"

namespace holdfast::replica {
namespace {

using std::chrono::milliseconds;

constexpr NodeId kSelf(2);
constexpr NodeId kLeader(1);
constexpr NodeId kOther(3);
constexpr std::uint64_t kNonce = 11;
constexpr std::uint64_t kEarlierNonce = 10;

class Nobody final : public kv::ApplyListener {
 public:
  void applied(NodeId, Index, std::uint64_t, kv::Reply) override {}
  void gap(NodeId, Index, std::uint64_t) override {}
  void opened(NodeId, std::uint64_t, Index) override {}
};

std::string batch_of(const kv::Section& section) {
  std::string batch;
  Writer writer(batch);
  kv::put_batch_header(1, writer);
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

// A snapshot of the state after these entries, the first at index 1.
result::Loaded snapshot_of(const std::vector<std::string>& batches, Term term) {
  Nobody nobody;
  kv::StateMachine state;
  Index index;
  for (const std::string& batch : batches) state.apply(++index, batch, nobody);
  const raft::Position last{index, term};
  return {.id = {.last = last, .number = 7, .bytes = 100},
          .meta = {.last = last, .membership = {}},
          .state = std::move(state)};
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

// Node 2 of three with a snapshot of entry 5 and nothing behind it, elected by node 1.
class SnapshotSent : public testing::Test {
 protected:
  static constexpr Term kTerm{2};

  explicit SnapshotSent(Config config = {}) {
    result::Loaded loaded = snapshot_of({"", "", "", "", ""}, Term(1));
    config.raft.id = kSelf;
    config.raft.voters = {kLeader, kSelf, kOther};
    config.raft.log_tail_bytes = 0;
    const raft::Restored disk{.hard_state = {Term(1), NodeId()},
                              .snapshot = loaded.meta,
                              .base = loaded.meta.last,
                              .entries = {}};
    node.emplace(config, disk, kNonce, now,
                 Kept{.state = std::move(loaded.state), .snapshot = loaded.id});
    now = node->next_deadline();
    node->tick(now);
    hear(kLeader, raft::VoteResponse{.term = kTerm, .pre = true, .granted = true});
    turn();
    hear(kLeader, raft::VoteResponse{.term = kTerm, .granted = true});
    turn();
  }

  void hear(NodeId from, raft::Message message) { node->receive(now, from, std::move(message)); }
  // Node 1 has everything; nothing is heard of node 3.
  void pass(Duration time) {
    now += time;
    hear(kLeader,
         raft::AppendResponse{.term = kTerm, .accepted = true, .match = node->status().last_index});
    node->tick(now);
    turn();
  }
  void turn() {
    Output output = node->take_output(now);
    for (const raft::Persist& batch : output.persist) node->persisted(now, batch.ticket);
    for (const Outgoing& out : output.messages) {
      const auto* chunk = std::get_if<wire::SnapshotChunk>(&out.message);
      if (chunk != nullptr) offered = chunk->last.index;
    }
    for (const Completion& completion : output.completions) answered.push_back(completion.key);
    for (const SnapshotJob& job : output.snapshot_jobs) do_job(job);
  }
  void do_job(const SnapshotJob& job) {
    if (const auto* read = std::get_if<job::Read>(&job)) reads.emplace_back(now, read->size);
    if (const auto* begin = std::get_if<job::Begin>(&job)) made = {begin->meta.last, 8, 100};
    if (const auto* add = std::get_if<job::Add>(&job)) {
      node->snapshot_done(now, result::Added{add->piece.size()});
    }
    if (!std::holds_alternative<job::Finish>(job)) return;
    is_held = holds;
    if (!holds) node->snapshot_done(now, result::Made{made});
  }
  void release() {
    is_held = holds = false;
    node->snapshot_done(now, result::Made{made});
    turn();
  }

  Instant now{std::chrono::seconds(1)};
  std::optional<Replica> node;
  bool holds = false;  // a snapshot that could be finished is not
  bool is_held = false;
  storage::SnapshotId made;
  std::vector<RequestKey> answered;
  Index offered;  // what the last chunk was of
  std::vector<std::pair<Instant, std::size_t>> reads;
};

// For a peer that does not answer the log behind its snapshot is not kept. Kills: going on with
// that snapshot all the same, of which no log leads to the present.
TEST_F(SnapshotSent, LogBehindItIsGone_TheNewestTakesItsPlace) {
  hear(kOther, raft::AppendResponse{.term = kTerm, .rejected = Index(5), .last = Index()});
  pass(milliseconds(1));
  ASSERT_EQ(offered, Index(5));
  for (int i = 0; i < 10; ++i) pass(milliseconds(60));
  node->submit_snapshot(now, {1, 1});
  pass(milliseconds(1));
  ASSERT_GT(node->status().first_index, Index(6));
  for (int i = 0; i < 10; ++i) pass(milliseconds(60));
  EXPECT_EQ(offered, node->status().first_index.prev());
}

class SnapshotSentSlowly : public SnapshotSent {
 protected:
  SnapshotSentSlowly() : SnapshotSent(slowly()) {}
  static Config slowly() {
    Config config;
    config.snapshot_chunk_bytes = 50;
    config.snapshot_bytes_per_second = 1000;
    return config;
  }
};

// Kills: sending each millisecond what the rate allows in it, a byte here.
TEST_F(SnapshotSentSlowly, ChunksAreWhole) {
  hear(kOther, raft::AppendResponse{.term = kTerm, .rejected = Index(5), .last = Index()});
  pass(milliseconds(1));
  node->receive(now, kOther, wire::SnapshotAck{.term = kTerm, .number = 7});
  for (int i = 0; i < 100; ++i) pass(milliseconds(1));
  ASSERT_EQ(reads.size(), 2U);
  EXPECT_EQ(reads[0].second, 50U);
  EXPECT_EQ(reads[1].second, 50U);
  EXPECT_GE(reads[1].first - reads[0].first, milliseconds(50));
}

// It makes a snapshot whenever something was applied.
class SnapshotAsked : public SnapshotSent {
 protected:
  SnapshotAsked() : SnapshotSent(eagerly()) {}
  static Config eagerly() {
    Config config;
    config.snapshot_log_bytes = 0;
    return config;
  }
};

// Kills: an answer by a snapshot that began before it was asked for.
TEST_F(SnapshotAsked, WhileOneIsMade_TheNextOneAnswers) {
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

TEST_F(SnapshotAsked, WithNothingNew_IsAnsweredAtOnce) {
  for (int i = 0; i < 10; ++i) pass(milliseconds(1));
  const Index last = made.last.index;
  node->submit_snapshot(now, {1, 1});
  turn();
  EXPECT_EQ(answered, (std::vector<RequestKey>{{1, 1}}));
  EXPECT_EQ(made.last.index, last);
}

}  // namespace
}  // namespace holdfast::replica
