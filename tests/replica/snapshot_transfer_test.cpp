#include "replica/snapshot_sent.hpp"

namespace holdfast::replica {
namespace {

using std::chrono::milliseconds;

// Kills: offering it every half a second, with a log that is kept for it without a bound.
TEST_F(SnapshotSent, PeerThatCannotTakeIt_IsOfferedTheNewestAfterPausesThatGrow) {
  const auto pass_time = [this](int ms) {
    for (int i = 0; i < ms; i += 50) {
      hear_other();
      pass(milliseconds(50));
    }
  };
  pass_time(50);
  ASSERT_EQ(offered, Index(5));
  hear_ack(wire::SnapshotAck::kNotTaken);
  offers = 0;
  node->submit_snapshot(now, {1, 1});
  pass_time(900);
  EXPECT_EQ(offers, 0);
  EXPECT_EQ(warnings.size(), 1u);
  const Index newest = node->status().snapshot_index;
  EXPECT_GT(newest, Index(5));
  EXPECT_EQ(node->status().first_index, newest.next()) << "a log is kept for nobody";
  pass_time(100);
  EXPECT_EQ(offers, 1);
  EXPECT_EQ(offered, newest);

  hear_ack(wire::SnapshotAck::kNotTaken);
  offers = 0;
  pass_time(1900);
  EXPECT_EQ(offers, 0);
  EXPECT_NE(node->status().snapshot_trouble, "");
  pass_time(100);
  EXPECT_EQ(offers, 1);
}

// Kills: a pause of a minute for a node that was restarted with a larger disk.
TEST_F(SnapshotSent, PeerComesBack_IsOfferedItAtOnce) {
  hear_other();
  pass(milliseconds(1));
  hear_ack(wire::SnapshotAck::kNotTaken);
  pass(milliseconds(1));
  offers = 0;
  node->link_reset(now, kOther);
  turn();
  EXPECT_EQ(offers, 1);
}

// Kills: a log in memory that grows as long as the transfer takes.
TEST_F(SnapshotMadeOften, LogGrowsFasterThanItComes_IsNotKeptForIt) {
  const std::string value(1000, 'v');
  std::size_t log_bytes_max = 0;
  hear_other();
  pass(milliseconds(1));
  ASSERT_EQ(offered, Index(5));
  for (std::uint64_t i = 0; i < 50; ++i) {
    if (warnings.empty()) hear_ack(i);
    node->submit_write(now, {1, i + 1}, std::vector<std::string_view>{"SET", "k", value});
    hear_other();
    for (int turns = 0; turns < 3; ++turns) pass(milliseconds(5));
    log_bytes_max = std::max(log_bytes_max, node->status().log_bytes);
  }
  EXPECT_LT(log_bytes_max, 10'000u);
  EXPECT_EQ(warnings.size(), 1u);
}

// Kills: two newer snapshots that take the file away from under the transfer.
TEST_F(SnapshotSent, Accepted_IsPinnedUntilItIsThere) {
  hear_other();
  pass(milliseconds(1));
  EXPECT_TRUE(pinned.empty());
  hear_ack(0);
  pass(milliseconds(1));
  ASSERT_EQ(pinned.size(), 1u);
  EXPECT_EQ(pinned[0].last.index, Index(5));
  hear(kOther, raft::AppendResponse{.term = kTerm, .accepted = true, .match = Index(5)});
  pass(milliseconds(1));
  EXPECT_TRUE(pinned.empty());
}

// Kills: a file that stays for a node that is gone.
TEST_F(SnapshotSent, PeerFallsSilent_IsPinnedNoMore) {
  hear_other();
  pass(milliseconds(1));
  hear_ack(0);
  pass(milliseconds(1));
  ASSERT_EQ(pinned.size(), 1u);
  for (int i = 0; i < 20; ++i) pass(milliseconds(60));
  EXPECT_TRUE(pinned.empty());
}

// Kills: reading a file that can't be read again and again.
TEST_F(SnapshotSent, FileCannotBeRead_AnotherOneOfTheSameStateTakesItsPlace) {
  node->submit_snapshot(now, {1, 1});
  pass_making();
  const storage::SnapshotId broken = made;
  ASSERT_GT(broken.last.index, Index(5));
  hear_other();
  pass(milliseconds(1));
  hear_ack(0);
  pass(milliseconds(1));
  ASSERT_EQ(reads.size(), 1u);
  const storage::IoError error{storage::IoError::Kind::kIo, "x.snap", "read", "the device failed"};
  made = {};
  node->snapshot_done(now, result::Chunk{kOther, broken, 0, std::unexpected(error)});
  pass_making();
  EXPECT_EQ(made.last, broken.last);
  EXPECT_EQ(warnings.size(), 2u);
  EXPECT_EQ(dropped, broken);
  EXPECT_EQ(reads.size(), 1u);
}

// Kills: an offer each half a second to a peer that is busy with what it has.
TEST_F(SnapshotSent, PeerIsSilent_IsAskedAgainAfterPausesThatGrow) {
  hear_other();
  pass(milliseconds(1));
  offers = 0;
  const auto pass_time = [this](int ms) {
    for (int i = 0; i < ms; i += 50) pass(milliseconds(50));
  };
  pass_time(450);
  EXPECT_EQ(offers, 0);
  pass_time(50);
  EXPECT_EQ(offers, 1);
  pass_time(950);
  EXPECT_EQ(offers, 1);
  pass_time(50);
  EXPECT_EQ(offers, 2);
}

template <std::uint64_t kBytesPerSecond>
class SnapshotSentAtRate : public SnapshotSent {
 protected:
  SnapshotSentAtRate() : SnapshotSent(config()) {}
  static Config config() {
    Config config;
    config.snapshot_chunk_bytes = 50;
    config.snapshot_bytes_per_second = kBytesPerSecond;
    return config;
  }
};
using SnapshotSentSlowly = SnapshotSentAtRate<1000>;
using SnapshotSentVerySlowly = SnapshotSentAtRate<20>;

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

// Kills: taking the time that the rate makes us wait for the peer's silence, and beginning anew.
TEST_F(SnapshotSentVerySlowly, WaitForTheRate_IsNoSilence) {
  hear_other();
  pass(milliseconds(1));
  offers = 0;
  hear_ack(0);
  pass(milliseconds(1));
  ASSERT_EQ(reads.size(), 1U);
  hear_ack(50);
  for (int i = 0; i < 30; ++i) pass(milliseconds(100));
  EXPECT_EQ(reads.size(), 2U);
  EXPECT_EQ(read_offset, 50U);
  EXPECT_EQ(offers, 0);
}

}  // namespace
}  // namespace holdfast::replica
