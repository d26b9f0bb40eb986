// A log that loses its front: segments that are dropped, and resets to a snapshot.
#include <gtest/gtest.h>

#include "storage/log_fixture.hpp"
#include "storage/recovery.hpp"

namespace holdfast::storage {
namespace {

using Kind = RecoveryError::Kind;

raft::Position at(std::uint64_t index, std::uint64_t term) {
  return {Index(index), Term(term)};
}

class Compaction : public testing::Test {
 protected:
  void SetUp() override {
    make_folder(disk_);
    open();
    put(vote(1, 3));
  }

  void open() {
    wal_.reset();
    auto opened = open_wal(disk_);
    ASSERT_TRUE(opened) << opened.error().message();
    restored_ = std::move(opened->restored);
    wal_.emplace(std::move(opened->wal));
  }
  void put(const raft::Persist& batch) {
    ASSERT_TRUE(wal_->append(batch));
    ASSERT_TRUE(wal_->sync());
  }
  // Each in a segment of its own, but for the first, which shares one with the vote.
  void put_long_entries(std::uint64_t first, std::uint64_t last, std::uint64_t term = 1) {
    for (auto i = first; i <= last; ++i) {
      put(entries(i, {entry(term, std::string(3000, static_cast<char>('a' + i)))}));
    }
  }
  void lose_power() {
    wal_.reset();
    Prng prng(1);
    disk_.power_on(sim::VirtualDisk::Unsynced::kLost, prng);
  }
  void expect_refused(Kind kind, const std::string& says) {
    wal_.reset();
    const auto opened = open_wal(disk_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, kind);
    EXPECT_NE(opened.error().message().find(says), std::string::npos) << opened.error().message();
  }
  std::vector<std::uint64_t> segments() {
    std::vector<std::uint64_t> found;
    const auto names = disk_.list(log_dir(kDir));
    for (const auto& name : *names) {
      if (const auto sequence = parse_segment_name(name)) found.push_back(*sequence);
    }
    return found;
  }

  sim::VirtualDisk disk_;
  std::optional<Wal> wal_;
  raft::Restored restored_;
};

using Sequences = std::vector<std::uint64_t>;

// --- reset

TEST_F(Compaction, Reset_EmptiesTheLogAndGoesOnBehindIt) {
  put(entries(1, {entry(1, "a"), entry(1, "b")}));
  put(reset(100, 1));
  lose_power();
  open();
  EXPECT_EQ(restored_.base, at(100, 1));
  EXPECT_TRUE(restored_.entries.empty());
  put(entries(101, {entry(1, "c"), entry(1, "d")}));
  put(entries(102, {entry(1, "D")}));
  lose_power();
  open();
  EXPECT_EQ(restored_.base, at(100, 1));
  EXPECT_EQ(restored_.entries, (std::vector{entry(1, "c"), entry(1, "D")}));
}

TEST_F(Compaction, ResetInOneBatchWithTermAndEntries_KeepsTheirOrder) {
  put(entries(1, {entry(1, "a")}));
  auto batch = entries(51, {entry(7, "x")});
  batch.hard_state = raft::HardState{Term(7), NodeId(2)};
  batch.reset = at(50, 6);
  put(batch);
  lose_power();
  open();
  EXPECT_EQ(restored_.hard_state, *batch.hard_state);
  EXPECT_EQ(restored_.base, at(50, 6));
  EXPECT_EQ(restored_.entries, (std::vector{entry(7, "x")}));
}

// The log's end conflicts with the snapshot, which is shorter.
TEST_F(Compaction, ResetToBeforeTheLogsEnd_DropsWhatIsBehind) {
  put(entries(1, {entry(1, "a"), entry(1, "b"), entry(1, "c"), entry(1, "d")}));
  put(vote(2, 0));
  put(reset(2, 2));
  put(entries(3, {entry(2, "C")}));
  lose_power();
  open();
  EXPECT_EQ(restored_.base, at(2, 2));
  EXPECT_EQ(restored_.entries, (std::vector{entry(2, "C")}));
}

TEST_F(Compaction, ResetThenManySegments_AreReadInOrder) {
  put_long_entries(1, 3);
  put(reset(40, 1));
  put_long_entries(41, 45);
  lose_power();
  open();
  EXPECT_EQ(restored_.base, at(40, 1));
  EXPECT_EQ(restored_.entries.size(), 5u);
  EXPECT_EQ(segments().size(), 8u) << "nothing said that they are not needed";
}

using CompactionDeathTest = Compaction;

TEST_F(CompactionDeathTest, ResetThatBreaksARule_Aborts) {
  put(entries(1, {entry(1, "a")}));
  EXPECT_DEATH((void)wal_->append(reset(5, 2)), "above the node's term");
  EXPECT_DEATH((void)wal_->append(reset(5, 0)), "to no entry");
  EXPECT_DEATH((void)wal_->append(reset(0, 1)), "to no entry");
  put(reset(5, 1));
  EXPECT_DEATH((void)wal_->append(entries(7, {entry(1, "")})), "gap");
  put(vote(3, 0));
  put(reset(9, 3));
  EXPECT_DEATH((void)wal_->append(entries(10, {entry(2, "")})), "terms of entries fall");
}

// --- segments dropped

TEST_F(Compaction, SegmentsBeforeTheFirstNeeded_AreDropped) {
  put_long_entries(1, 8);
  ASSERT_EQ(segments(), (Sequences{1, 2, 3, 4, 5, 6, 7, 8}));
  put(drop_before(4));
  EXPECT_EQ(segments(), (Sequences{4, 5, 6, 7, 8}));
  lose_power();
  EXPECT_EQ(segments(), (Sequences{4, 5, 6, 7, 8})) << "durably";
  open();
  EXPECT_EQ(restored_.hard_state, (raft::HardState{Term(1), NodeId(3)}));
  EXPECT_EQ(restored_.base, at(3, 1));
  ASSERT_EQ(restored_.entries.size(), 5u);
  EXPECT_EQ(restored_.entries[0].payload.view()[0], 'a' + 4);
  put_long_entries(9, 9);
  put(drop_before(8));
  lose_power();
  open();
  EXPECT_EQ(restored_.base, at(7, 1));
  EXPECT_EQ(restored_.entries.size(), 2u);
}

TEST_F(Compaction, SegmentThatIsNeededInPart_Stays) {
  put(entries(1, {entry(1, "a"), entry(1, "b")}));
  put_long_entries(3, 5);
  const auto before = segments();
  put(drop_before(2));
  EXPECT_EQ(segments(), before);
  put(drop_before(3));
  EXPECT_EQ(segments(), before) << "the third entry shares the first segment";
  put(drop_before(4));
  EXPECT_EQ(segments(), (Sequences{2, 3}));
}

TEST_F(Compaction, LastSegment_AlwaysStays) {
  put_long_entries(1, 2);
  put(drop_before(1000));
  EXPECT_EQ(segments(), (Sequences{2}));
  lose_power();
  open();
  EXPECT_EQ(restored_.base, at(1, 1));
  EXPECT_EQ(restored_.entries.size(), 1u);
}

TEST_F(Compaction, ManySegments_GoAFewAtATime) {
  put_long_entries(1, 12);
  put(drop_before(12));
  EXPECT_EQ(segments().size(), 8u);
  put(vote(2, 0));
  put(vote(3, 0));
  EXPECT_EQ(segments(), (Sequences{12}));
}

TEST_F(Compaction, ResetAndDrop_LeaveTheLastSegmentOnly) {
  put_long_entries(1, 4);
  auto batch = reset(500, 1);
  batch.first_needed = Index(501);
  put(batch);
  EXPECT_EQ(segments(), (Sequences{4}));
  lose_power();
  open();
  EXPECT_EQ(restored_.base, at(500, 1));
  EXPECT_TRUE(restored_.entries.empty());
}

// The log shrank: a later segment begins with fewer entries than an earlier one.
TEST_F(Compaction, EntriesReplaced_SegmentsGoByWhatTheyHeldInTheEnd) {
  put_long_entries(1, 5);
  put(vote(2, 0));
  put_long_entries(3, 5, 2);
  const auto before = segments();
  put(drop_before(3));
  // Segment 6 begins before entry 3 replaces what segments 3 to 5 hold.
  EXPECT_EQ(segments().front(), 3u);
  ASSERT_GT(before.size(), 6u);
  put(drop_before(4));
  EXPECT_EQ(segments().front(), 7u);
  lose_power();
  open();
  EXPECT_EQ(restored_.base, at(3, 2));
  EXPECT_EQ(restored_.entries.size(), 2u);
}

// What is left begins with entries that replaced some of the dropped segments.
TEST_F(Compaction, EntriesThatReplaceDroppedOnes_MoveTheBaseDown) {
  put_long_entries(1, 5);
  put(vote(2, 0));
  put(entries(3, {entry(2, "C"), entry(2, "D"), entry(2, "E"), entry(2, "F")}));
  ASSERT_EQ(segments(), (Sequences{1, 2, 3, 4, 5}));
  put(drop_before(6));
  EXPECT_EQ(segments(), (Sequences{5}));
  lose_power();
  open();
  EXPECT_EQ(restored_.base, at(2, 0)) << "its term was in a segment that is gone";
  ASSERT_EQ(restored_.entries.size(), 4u);
  EXPECT_EQ(restored_.entries[0], entry(2, "C"));
  EXPECT_TRUE(check_continues(kDir, at(5, 2), restored_));
  put(entries(7, {entry(2, "G")}));
  lose_power();
  open();
  EXPECT_EQ(restored_.entries.size(), 5u);
}

TEST_F(Compaction, SegmentRemovedByHand_CountsAsDropped) {
  put_long_entries(1, 4);
  disk_.erase(segment_path(1));
  put(drop_before(3));
  EXPECT_EQ(segments(), (Sequences{3, 4}));
}

TEST_F(Compaction, FailedRemovalOrSync_IsFinal) {
  for (const std::string operation : {"remove", "sync directory"}) {
    sim::VirtualDisk disk;
    make_folder(disk);
    auto opened = open_wal(disk);
    auto first = vote(1, 3);
    ASSERT_TRUE(opened->wal.append(first));
    for (std::uint64_t i = 1; i <= 4; ++i) {
      ASSERT_TRUE(opened->wal.append(entries(i, {entry(1, std::string(3000, 'x'))})));
      ASSERT_TRUE(opened->wal.sync());
    }
    ASSERT_TRUE(opened->wal.append(drop_before(4)));
    disk.fail_next(operation, IoError::Kind::kIo);
    EXPECT_FALSE(opened->wal.sync());
    EXPECT_TRUE(opened->wal.failed());
    disk.kill_process();
    const auto again = open_wal(disk);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->restored.entries.size() + again->restored.base.index.value(), 4u);
  }
}

// --- what is missing, and was not dropped

TEST_F(Compaction, SegmentMissingInTheMiddleOfWhatIsLeft_IsRefused) {
  put_long_entries(1, 6);
  put(drop_before(3));
  ASSERT_EQ(segments(), (Sequences{3, 4, 5, 6}));
  disk_.erase(segment_path(4));
  expect_refused(Kind::kMissingSegment, "in the middle of the log is missing");
}

TEST_F(Compaction, NewestSegmentMissing_IsRefused) {
  put_long_entries(1, 6);
  put(drop_before(3));
  disk_.erase(segment_path(6));
  expect_refused(Kind::kMissingSegment, "the last segment of the log is missing");
}

TEST_F(Compaction, SegmentsMissingAtTheFront_AreNoticedByTheSnapshot) {
  put_long_entries(1, 6);
  lose_power();
  open();
  EXPECT_TRUE(check_continues(kDir, {}, restored_));
  EXPECT_TRUE(check_continues(kDir, at(3, 1), restored_));
  wal_.reset();
  for (const std::uint64_t sequence : {1, 2, 3, 4}) disk_.erase(segment_path(sequence));
  open();
  EXPECT_EQ(restored_.base, at(4, 1));
  for (const std::uint64_t index : {0, 1, 3}) {
    const auto gap = check_continues(kDir, at(index, index == 0 ? 0 : 1), restored_);
    ASSERT_FALSE(gap) << index;
    EXPECT_EQ(gap.error().kind, Kind::kMissingSegment);
    const auto message = gap.error().message();
    EXPECT_NE(message.find("the log begins with entry 5"), std::string::npos) << message;
    EXPECT_NE(message.find("--repair"), std::string::npos) << message;
  }
  EXPECT_TRUE(check_continues(kDir, at(4, 1), restored_));
  EXPECT_TRUE(check_continues(kDir, at(90, 3), restored_)) << "the snapshot is newer than the log";
}

TEST_F(Compaction, SnapshotOfAnotherTermThanTheLogsBase_IsRefused) {
  put(reset(10, 1));
  put(entries(11, {entry(1, "acknowledged")}));
  open();
  const auto wrong = check_continues(kDir, at(10, 2), restored_);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, Kind::kInvalid);
}

}  // namespace
}  // namespace holdfast::storage
