#include "storage/wal.hpp"

#include <gtest/gtest.h>

#include "storage/log_fixture.hpp"

namespace holdfast::storage {
namespace {

class WalTest : public testing::Test {
 protected:
  void SetUp() override { make_folder(disk_); }

  Wal& open(std::uint64_t segment_bytes = 4096) {
    auto opened = open_wal(disk_, segment_bytes);
    EXPECT_TRUE(opened) << opened.error().message();
    restored_ = std::move(opened->restored);
    notes_ = std::move(opened->notes);
    wal_ = std::make_unique<Wal>(std::move(opened->wal));
    return *wal_;
  }
  void put(const raft::Persist& batch) {
    history_.add(batch);
    ASSERT_TRUE(wal_->append(batch));
    ASSERT_TRUE(wal_->sync());
  }
  void expect_restored() {
    EXPECT_EQ(restored_.hard_state, history_.state().hard_state);
    EXPECT_EQ(restored_.entries, history_.state().entries);
  }
  void lose_power() {
    wal_.reset();
    Prng prng(1);
    disk_.power_on(sim::VirtualDisk::Unsynced::kLost, prng);
  }

  sim::VirtualDisk disk_;
  std::unique_ptr<Wal> wal_;
  raft::Restored restored_;
  std::vector<std::string> notes_;
  History history_;
};

TEST_F(WalTest, NewLog_IsEmpty) {
  open();
  expect_restored();
  EXPECT_TRUE(notes_.empty());
}

TEST_F(WalTest, SyncedBatches_AreFoundAfterPowerLoss) {
  open();
  put(vote(1, 3));
  put(entries(1, {entry(1, "a"), entry(1, std::string("b\0c", 3)), entry(1, "")}));
  put(vote(4, 0));
  put(entries(4, {{Term(4), raft::EntryKind::kNoop, {}}}));
  lose_power();
  open();
  expect_restored();
  EXPECT_EQ(restored_.entries[3].kind, raft::EntryKind::kNoop);
}

TEST_F(WalTest, Overlap_ReplacesEverythingFromFirstOn) {
  open();
  put(vote(1, 3));
  put(entries(1, {entry(1, "a"), entry(1, "b"), entry(1, "c"), entry(1, "d")}));
  put(vote(2, 1));
  put(entries(2, {entry(2, "B")}));
  put(entries(3, {entry(2, "C")}));
  lose_power();
  open();
  expect_restored();
  EXPECT_EQ(restored_.entries.size(), 3u);
  put(vote(3, 1));
  put(entries(1, {entry(3, "A")}));
  open();
  expect_restored();
}

TEST_F(WalTest, UnsyncedBatches_AreNotWritten) {
  Wal& wal = open();
  put(vote(1, 3));
  ASSERT_TRUE(wal.append(entries(1, {entry(1, "a")})));
  EXPECT_TRUE(wal.has_queued());
  lose_power();
  open();
  expect_restored();
}

TEST_F(WalTest, ManyBatches_OneWriteAndOneSync) {
  Wal& wal = open(1 << 20);
  put(vote(1, 3));
  put(entries(1, {entry(1, std::string(4000, 'x'))}));  // leaves the small first segment
  const auto syncs = disk_.count("fdatasync");
  const auto writes = disk_.count("write");
  for (std::uint64_t i = 2; i < 100; ++i) {
    const auto batch = entries(i, {entry(1, std::to_string(i))});
    history_.add(batch);
    ASSERT_TRUE(wal.append(batch));
  }
  ASSERT_TRUE(wal.sync());
  EXPECT_EQ(disk_.count("fdatasync"), syncs + 1);
  EXPECT_EQ(disk_.count("write"), writes + 1);
  ASSERT_TRUE(wal.sync());
  EXPECT_EQ(disk_.count("fdatasync"), syncs + 1) << "nothing was queued";
  lose_power();
  open();
  expect_restored();
}

TEST_F(WalTest, ManySegments_AreReadInOrder) {
  open();
  put(vote(1, 3));
  for (std::uint64_t i = 1; i <= 40; ++i) {
    put(entries(i, {entry(1, std::string(900, static_cast<char>('a' + i % 26)))}));
  }
  EXPECT_TRUE(disk_.exists(segment_path(10)));
  lose_power();
  open();
  expect_restored();
  put(entries(41, {entry(1, "goes on")}));
  lose_power();
  open();
  expect_restored();
}

TEST_F(WalTest, GroupLargerThanASegment_GetsItsOwn) {
  open();
  put(vote(1, 3));
  put(entries(1, {entry(1, std::string(3 << 20, 'x')), entry(1, std::string(100, 'y'))}));
  EXPECT_GT(disk_.contents(segment_path(2)).size(), 3u << 20);
  put(entries(3, {entry(1, std::string(5000, 'z'))}));
  EXPECT_EQ(disk_.contents(segment_path(3)).size(), 8192u);
  lose_power();
  open();
  expect_restored();
}

TEST_F(WalTest, LongBatch_IsSplitIntoRecordsAndReadWhole) {
  open(64 << 20);
  put(vote(1, 3));
  std::vector<raft::Entry> many;
  for (int i = 0; i < 5; ++i) many.push_back(entry(1, std::string(700'000, 'x')));
  put(entries(1, many));
  lose_power();
  open();
  expect_restored();
}

TEST_F(WalTest, FileSize_DoesNotChangeWithSyncs) {
  open(1 << 20);
  put(vote(1, 3));
  put(entries(1, {entry(1, std::string(4000, 'x'))}));
  EXPECT_EQ(disk_.contents(segment_path(2)).size(), 1u << 20);
  put(entries(2, {entry(1, "y")}));
  EXPECT_EQ(disk_.contents(segment_path(2)).size(), 1u << 20);
}

TEST_F(WalTest, FullDiskAtRoll_KeepsTheGroupForLater) {
  Wal& wal = open();
  put(vote(1, 3));
  disk_.set_space(5000);
  const auto big = entries(1, {entry(1, std::string(4000, 'x'))});
  ASSERT_TRUE(wal.append(big));
  const auto before = disk_.contents(segment_path(1));
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto full = wal.sync();
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind, IoError::Kind::kNoSpace);
    EXPECT_FALSE(wal.failed());
    EXPECT_EQ(disk_.contents(segment_path(1)), before);
    EXPECT_EQ(disk_.paths().size(), 2u) << "identity and segment 1, no temporary file";
  }
  const auto more = entries(2, {entry(1, "more")});
  ASSERT_TRUE(wal.append(more));
  disk_.set_space(UINT64_MAX);
  ASSERT_TRUE(wal.sync());
  history_.add(big);
  history_.add(more);
  lose_power();
  open();
  expect_restored();
}

TEST_F(WalTest, FullDiskAtAnyStepOfARoll_LosesNothing) {
  for (std::uint64_t step = 1; step < 20; ++step) {
    sim::VirtualDisk disk;
    make_folder(disk);
    auto opened = open_wal(disk);
    ASSERT_TRUE(opened);
    Wal& wal = opened->wal;
    ASSERT_TRUE(wal.append(vote(1, 3)));
    ASSERT_TRUE(wal.sync());
    ASSERT_TRUE(wal.append(entries(1, {entry(1, std::string(4000, 'x'))})));
    disk.fail_operation(step, IoError::Kind::kNoSpace);
    const auto first = wal.sync();
    if (!first && !wal.failed()) {
      EXPECT_EQ(first.error().kind, IoError::Kind::kNoSpace);
      ASSERT_TRUE(wal.sync()) << step;
    }
    disk.kill_process();
    const auto again = open_wal(disk);
    ASSERT_TRUE(again) << step << " " << again.error().message();
    EXPECT_EQ(again->restored.hard_state.term, Term(1));
    if (!wal.failed()) {
      EXPECT_EQ(again->restored.entries.size(), 1u) << step;
    }
  }
}

TEST_F(WalTest, FullDiskInTheMiddleOfAWrite_GroupIsWrittenAgain) {
  Wal& wal = open();
  put(vote(1, 3));
  const auto batch = entries(1, {entry(1, std::string(2000, 'x'))});
  ASSERT_TRUE(wal.append(batch));
  disk_.fail_next("write", IoError::Kind::kNoSpace);
  EXPECT_EQ(wal.sync().error().kind, IoError::Kind::kNoSpace);
  ASSERT_TRUE(wal.sync());
  history_.add(batch);
  lose_power();
  open();
  expect_restored();
}

// Kills: a node that takes no writes where there is room for them and none for zeros.
TEST_F(WalTest, NoRoomForZerosAhead_GroupIsWrittenWithoutThem) {
  Wal& wal = open(4 << 20);
  put(vote(1, 3));
  put(entries(1, {entry(1, std::string(6000, 'x'))}));  // in a new segment, with zeros behind it
  std::uint64_t last = 1;
  for (bool done = false; !done; ++last) {
    const auto batch = entries(last + 1, {entry(1, std::string(60'000, 'y'))});
    ASSERT_TRUE(wal.append(batch));
    const auto writes = disk_.count("write");
    disk_.fail_next("write", IoError::Kind::kNoSpace);
    const auto synced = wal.sync();
    done = synced.has_value();
    if (done) {
      EXPECT_GT(disk_.count("write"), writes + 1);
    } else {
      ASSERT_TRUE(wal.sync());
    }
    history_.add(batch);
    ASSERT_LT(last, 20u);
  }
  lose_power();
  open();
  expect_restored();
}

TEST_F(WalTest, GroupHalfWrittenOnAFullDiskThenMovedToANewSegment_RecoversWhole) {
  Wal& wal = open();
  put(vote(1, 3));
  const auto batch = entries(1, {entry(1, std::string(2000, 'x'))});
  ASSERT_TRUE(wal.append(batch));
  disk_.fail_next("write", IoError::Kind::kNoSpace);
  EXPECT_FALSE(wal.sync());
  const auto more = entries(2, {entry(1, std::string(3000, 'y'))});
  ASSERT_TRUE(wal.append(more));
  ASSERT_TRUE(wal.sync());
  history_.add(batch);
  history_.add(more);
  lose_power();
  open();
  expect_restored();
}

TEST_F(WalTest, FailedSync_IsFinal) {
  Wal& wal = open();
  put(vote(1, 3));
  ASSERT_TRUE(wal.append(entries(1, {entry(1, "a")})));
  disk_.fail_next("fdatasync", IoError::Kind::kIo);
  EXPECT_EQ(wal.sync().error().kind, IoError::Kind::kIo);
  const auto syncs = disk_.count("fdatasync");
  EXPECT_EQ(wal.sync().error().kind, IoError::Kind::kIo);
  EXPECT_EQ(wal.append(vote(2, 1)).error().operation, "fdatasync");
  EXPECT_EQ(wal.close().error().kind, IoError::Kind::kIo);
  EXPECT_EQ(disk_.count("fdatasync"), syncs) << "a failed fdatasync is not tried again";
}

TEST_F(WalTest, FullDiskReportedBySync_IsFinal) {
  Wal& wal = open();
  ASSERT_TRUE(wal.append(vote(1, 3)));
  disk_.fail_next("fdatasync", IoError::Kind::kNoSpace);
  EXPECT_FALSE(wal.sync());
  EXPECT_TRUE(wal.failed());
}

TEST_F(WalTest, FailedWrite_IsFinal) {
  Wal& wal = open();
  ASSERT_TRUE(wal.append(vote(1, 3)));
  disk_.fail_next("write", IoError::Kind::kIo);
  EXPECT_FALSE(wal.sync());
  EXPECT_FALSE(wal.sync());
  EXPECT_TRUE(wal.failed());
}

// The page cache may call a page clean that a failed fdatasync never wrote. What the next start
// reads from there it must write again before it trusts it.
TEST_F(WalTest, ReadAfterAFailedSync_IsDurableOnlyBecauseItIsWrittenAgain) {
  Wal& wal = open();
  put(vote(1, 3));
  const auto batch = entries(1, {entry(1, "a")});
  ASSERT_TRUE(wal.append(batch));
  disk_.fail_next("fdatasync", IoError::Kind::kIo);
  EXPECT_FALSE(wal.sync());
  disk_.kill_process();
  open();
  history_.add(batch);
  expect_restored();
  lose_power();
  open();
  expect_restored();
}

TEST_F(WalTest, KilledBeforeSync_WhatIsFoundIsMadeDurable) {
  Wal& wal = open();
  put(vote(1, 3));
  const auto batch = entries(1, {entry(1, "a")});
  ASSERT_TRUE(wal.append(batch));
  disk_.power_off_at(2);  // the write goes through, the fdatasync does not
  EXPECT_FALSE(wal.sync());
  Prng prng(1);
  disk_.power_on(sim::VirtualDisk::Unsynced::kKept, prng);
  open();
  history_.add(batch);
  expect_restored();
  lose_power();
  open();
  expect_restored();
}

// Kills a start that takes a mark that it has read for a durable one. The group behind it would
// claim so, and if power then takes the mark and leaves the group, the node refuses to start.
// (Found by the simulator: seed 162.)
TEST_F(WalTest, KilledBehindAMarkThenPowerLostInTheNextGroup_Starts) {
  for (std::uint64_t seed = 1; seed <= 64; ++seed) {
    sim::VirtualDisk disk;
    make_folder(disk);
    auto first = open_wal(disk);
    ASSERT_TRUE(first->wal.append(vote(1, 3)));
    ASSERT_TRUE(first->wal.sync());
    ASSERT_TRUE(first->wal.append(entries(1, {entry(1, std::string(400, 'x'))})));
    ASSERT_TRUE(first->wal.sync());
    disk.kill_process();
    auto second = open_wal(disk);
    ASSERT_TRUE(second->wal.append(entries(2, {entry(1, "y")})));
    disk.power_off_at(2);  // the write is done, the fdatasync not
    EXPECT_FALSE(second->wal.sync());
    Prng prng(seed);
    disk.power_on(sim::VirtualDisk::Unsynced::kRandom, prng);
    const auto third = open_wal(disk);
    ASSERT_TRUE(third) << seed << " " << third.error().message();
    EXPECT_GE(third->restored.entries.size(), 1u);
  }
}

// A failed fdatasync leaves a mark in the page cache that counts as clean, so that no later one
// writes it. Kills a start that trusts it: the groups behind it say that it is durable.
// (Found by the simulator: seed 382.)
TEST_F(WalTest, MarkWrittenAgainBeforeAFailedSync_IsNotTrustedByTheNextStart) {
  Wal& wal = open();
  put(vote(1, 3));
  put(entries(1, {entry(1, "a")}));
  disk_.fail_next("write", IoError::Kind::kIo);
  ASSERT_TRUE(wal.append(entries(2, {entry(1, std::string(200, 'x'))})));
  EXPECT_FALSE(wal.sync());
  disk_.kill_process();
  disk_.fail_next("fdatasync", IoError::Kind::kIo);
  EXPECT_FALSE(open_wal(disk_)) << "the torn group was cut, and that could not be made durable";
  Wal& next = open();
  ASSERT_TRUE(next.append(entries(2, {entry(1, "y")})));
  ASSERT_TRUE(next.sync());
  lose_power();
  const auto again = open_wal(disk_);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->restored.entries.size(), 2u);
}

TEST_F(WalTest, Close_ProvesTheLastGroup) {
  Wal& wal = open();
  put(vote(1, 3));
  put(entries(1, {entry(1, "a")}));
  ASSERT_TRUE(wal.close());
  lose_power();
  const auto bytes = disk_.contents(segment_path(1));
  const auto changes = disk_.changes();
  open();
  expect_restored();
  EXPECT_EQ(disk_.contents(segment_path(1)), bytes);
  EXPECT_EQ(disk_.changes(), changes + 2) << "a directory sync, and the mark written again";
}

TEST_F(WalTest, OpeningManyTimes_DoesNotGrowTheLog) {
  Wal& wal = open();
  put(vote(1, 3));
  wal.mark();
  const auto bytes = disk_.contents(segment_path(1));
  wal.mark();
  EXPECT_EQ(disk_.contents(segment_path(1)), bytes);
  for (int i = 0; i < 10; ++i) open();
  EXPECT_EQ(disk_.contents(segment_path(1)), bytes);
}

using WalDeathTest = WalTest;

TEST_F(WalDeathTest, BatchThatBreaksARule_Aborts) {
  Wal& wal = open();
  put(vote(2, 3));
  EXPECT_DEATH((void)wal.append(vote(1, 3)), "term goes back");
  EXPECT_DEATH((void)wal.append(vote(2, 1)), "vote changes");
  EXPECT_DEATH((void)wal.append(entries(2, {entry(2, "")})), "gap");
  EXPECT_DEATH((void)wal.append(entries(1, {entry(3, "")})), "above the node's term");
  EXPECT_DEATH((void)wal.append(entries(1, {entry(2, ""), entry(1, "")})), "terms of entries fall");
}

}  // namespace
}  // namespace holdfast::storage
