// One test per row of the decision table in docs/log-format.md, in its order.
#include <gtest/gtest.h>

#include "base/checksum.hpp"
#include "storage/log_fixture.hpp"
#include "storage/recovery.hpp"

namespace holdfast::storage {
namespace {

using Kind = RecoveryError::Kind;

class RecoveryTable : public testing::Test {
 protected:
  // Recovers everything, and again after the power failed once more.
  void expect_whole(sim::VirtualDisk& disk, const History& history) {
    for (int i = 0; i < 2; ++i) {
      const auto opened = open_wal(disk);
      ASSERT_TRUE(opened) << opened.error().message();
      EXPECT_EQ(opened->restored.hard_state, history.state().hard_state);
      EXPECT_EQ(opened->restored.entries, history.state().entries);
      Prng prng(1);
      disk.power_on(sim::VirtualDisk::Unsynced::kLost, prng);
    }
  }
  // Loses the last record and nothing else, says so, and the log can be used.
  void expect_last_group_cut(sim::VirtualDisk& disk, History history) {
    history.go_back_to(history.last() - 1);
    {
      const auto opened = open_wal(disk);
      ASSERT_TRUE(opened) << opened.error().message();
      EXPECT_EQ(opened->notes.size(), 1u);
    }
    expect_whole(disk, history);
  }
  void expect_refused(sim::VirtualDisk& disk, Kind kind, const std::string& path,
                      std::uint64_t offset, const std::string& says) {
    const auto before = disk.changes();
    const auto opened = open_wal(disk);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, kind) << opened.error().message();
    EXPECT_EQ(opened.error().path, path);
    EXPECT_EQ(opened.error().offset, offset);
    const auto message = opened.error().message();
    EXPECT_NE(message.find(says), std::string::npos) << message;
    EXPECT_NE(message.find(path + " at offset " + std::to_string(offset)), std::string::npos);
    EXPECT_EQ(disk.changes(), before) << "a refused log is left as it is";
  }
  static void overwrite(sim::VirtualDisk& disk, std::uint64_t sequence, std::uint64_t offset,
                        const std::string& with) {
    auto bytes = disk.contents(segment_path(sequence));
    bytes.replace(offset, with.size(), with);
    disk.set_contents(segment_path(sequence), bytes);
  }
  // Makes segment 3, without records.
  static void add_segment(sim::VirtualDisk& disk, const SmallLog& log) {
    const auto bytes = disk.contents(segment_path(2));
    const SegmentHeader header{.identity = kIdentity,
                               .sequence = 3,
                               .file_bytes = 4096,
                               .previous_end = SmallLog::end_of(bytes),
                               .start = {log.history.state().hard_state,
                                         Index(log.history.state().entries.size() + 1), Term(3)}};
    auto segment = encode(header);
    segment.resize(4096);
    disk.set_contents(segment_path(3), segment);
  }
  static void seal_segment_2(sim::VirtualDisk& disk) {
    const auto end = SmallLog::end_of(disk.contents(segment_path(2)));
    std::string seal;
    RecordWriter(seal, segment_seed(kIdentity, 2), end, end).seal();
    overwrite(disk, 2, end, seal);
  }

  SmallLog marked_{true};
  SmallLog unmarked_{false};
};

// --- the tail of the last segment

TEST_F(RecoveryTable, T1_ZerosBehindTheLastRecord_IsTheEnd) {
  expect_whole(*marked_.disk, marked_.history);
  expect_whole(*unmarked_.disk, unmarked_.history);
}

TEST_F(RecoveryTable, T2_RecordsUpToTheLastByteOfTheFile_IsTheEnd) {
  sim::VirtualDisk disk;
  make_folder(disk);
  History history;
  auto opened = open_wal(disk);
  ASSERT_TRUE(opened);
  const auto first = vote(1, 3);
  ASSERT_TRUE(opened->wal.append(first));
  ASSERT_TRUE(opened->wal.sync());
  history.add(first);
  const auto used = kHeaderBytes + 64 + kRecordHeadBytes;  // header, vote, mark
  const auto room = kFirstSegmentBytes - used - kTrailerBytes - kRecordHeadBytes - 25;
  const auto batch = entries(1, {entry(1, std::string(room, 'x'))});
  ASSERT_TRUE(opened->wal.append(batch));
  ASSERT_TRUE(opened->wal.sync());
  history.add(batch);
  EXPECT_FALSE(disk.exists(segment_path(2))) << "it should fit exactly";
  expect_whole(disk, history);
}

TEST_F(RecoveryTable, T3_DamagedRecordThatNothingProves_IsCut) {
  const auto last = unmarked_.records(2).back();
  unmarked_.disk->flip_bit(segment_path(2), 8 * (last.offset + kRecordHeadBytes));
  expect_last_group_cut(*unmarked_.disk, unmarked_.history);
}

TEST_F(RecoveryTable, T3_GroupOfWhichOnlyALaterRecordArrived_IsCut) {
  // A group of two records of which a crash kept the second.
  SmallLog& log = unmarked_;
  const auto end = SmallLog::end_of(log.disk->contents(segment_path(2)));
  std::string group;
  RecordWriter writer(group, segment_seed(kIdentity, 2), end, end);
  writer.hard_state({Term(4), NodeId(1)});
  const auto first_bytes = group.size();
  writer.entries(Index(6), std::vector{entry(4, "later")});
  overwrite(*log.disk, 2, end + first_bytes, group.substr(first_bytes));
  expect_whole(*log.disk, log.history);
  // It must be gone for good: a record that ends just before it must not bring it back.
  EXPECT_EQ(log.disk->contents(segment_path(2)).find("later"), std::string::npos);
}

TEST_F(RecoveryTable, T3_DamagedLengthThatPointsPastTheFile_IsCut) {
  const auto last = unmarked_.records(2).back();
  overwrite(*unmarked_.disk, 2, last.offset + 16, "\xff\xff\xff\xff");
  expect_last_group_cut(*unmarked_.disk, unmarked_.history);
}

TEST_F(RecoveryTable, T4_DamagedRecordThatAMarkProves_IsRefused) {
  const auto records = marked_.records(2);
  const auto last = records[records.size() - 2];
  marked_.disk->flip_bit(segment_path(2), 8 * (last.offset + kRecordHeadBytes));
  expect_refused(*marked_.disk, Kind::kDamaged, segment_path(2), last.offset, "was durable");
}

TEST_F(RecoveryTable, T4_DamagedLengthOfAProvenRecord_IsRefused) {
  const auto records = marked_.records(2);
  overwrite(*marked_.disk, 2, records[1].offset + 16, "\xff\xff\xff\xff");
  expect_refused(*marked_.disk, Kind::kDamaged, segment_path(2), records[1].offset, "was durable");
}

TEST_F(RecoveryTable, T4_ProvenRecordOverwrittenByZeros_IsRefused) {
  const auto records = marked_.records(2);
  overwrite(*marked_.disk, 2, records[0].offset,
            std::string(records[0].end - records[0].offset, '\0'));
  expect_refused(*marked_.disk, Kind::kDamaged, segment_path(2), records[0].offset, "was durable");
}

TEST_F(RecoveryTable, T4_ValidRecordInTheWrongPlace_IsRefused) {
  const auto records = marked_.records(2);
  const auto bytes = marked_.disk->contents(segment_path(2));
  const auto& from = records[1];
  overwrite(*marked_.disk, 2, records[0].offset, bytes.substr(from.offset, from.end - from.offset));
  expect_refused(*marked_.disk, Kind::kDamaged, segment_path(2), records[0].offset, "was durable");
}

TEST_F(RecoveryTable, T5_LastSegmentSealed_NextIsMissing) {
  marked_.disk->erase(segment_path(2));
  expect_refused(*marked_.disk, Kind::kMissingSegment, segment_path(2), 0, "missing");
}

TEST_F(RecoveryTable, T6_LastSegmentShorterThanItWasMade_IsRefused) {
  const auto bytes = marked_.disk->contents(segment_path(2));
  for (const std::size_t size : {kHeaderBytes, std::uint64_t{2000}, bytes.size() - 1}) {
    marked_.disk->set_contents(segment_path(2), bytes.substr(0, size));
    expect_refused(*marked_.disk, Kind::kDamaged, segment_path(2), size, "no crash shortens it");
  }
}

// --- the last segment as a whole

TEST_F(RecoveryTable, L1_NoRecordsAndPredecessorNotSealed_SealIsWritten) {
  add_segment(*marked_.disk, marked_);
  expect_whole(*marked_.disk, marked_.history);
  EXPECT_EQ(RecordType(marked_.records(2).back().type), RecordType::kSeal);
  marked_.disk->erase(segment_path(3));
  expect_refused(*marked_.disk, Kind::kMissingSegment, segment_path(3), 0, "missing");
}

TEST_F(RecoveryTable, L1_NoRecordsAndSealTorn_SealIsWritten) {
  add_segment(*marked_.disk, marked_);
  seal_segment_2(*marked_.disk);
  const auto seal = marked_.records(2).back();
  marked_.disk->flip_bit(segment_path(2), 8 * seal.offset);
  expect_whole(*marked_.disk, marked_.history);
}

TEST_F(RecoveryTable, L2_RecordsAndPredecessorNotSealed_IsRefused) {
  const auto seal = marked_.records(1).back();
  ASSERT_EQ(RecordType(seal.type), RecordType::kSeal);
  marked_.disk->flip_bit(segment_path(1), 8 * seal.offset);
  expect_refused(*marked_.disk, Kind::kDamaged, segment_path(1), seal.offset, "seal");
}

TEST_F(RecoveryTable, L3_EmptyAndPredecessorNotSealed_IsRemoved) {
  for (const std::string& bytes : {std::string(), std::string(4096, '\0')}) {
    marked_.disk->set_contents(segment_path(3), bytes);
    expect_whole(*marked_.disk, marked_.history);
    EXPECT_FALSE(marked_.disk->exists(segment_path(3)));
  }
}

TEST_F(RecoveryTable, L4_EmptyAndPredecessorSealed_IsRefused) {
  for (const std::string& bytes : {std::string(), std::string(4096, '\0')}) {
    marked_.disk->set_contents(segment_path(2), bytes);
    expect_refused(*marked_.disk, Kind::kMissingSegment, segment_path(2), 0, "in use is empty");
  }
}

TEST_F(RecoveryTable, L5_TemporaryFile_IsRemoved) {
  const auto path = segment_path(3) + ".tmp";
  marked_.disk->set_contents(path, "half a header");
  expect_whole(*marked_.disk, marked_.history);
  EXPECT_FALSE(marked_.disk->exists(path));
}

// --- the front of the log

TEST_F(RecoveryTable, F1_FrontIsGoneAndInTheSnapshot_LogBeginsLater) {
  const raft::Restored& whole = marked_.history.state();
  marked_.disk->erase(segment_path(1));
  const auto opened = open_wal(*marked_.disk);
  ASSERT_TRUE(opened) << opened.error().message();
  const raft::Restored& rest = opened->restored;
  EXPECT_EQ(rest.hard_state, whole.hard_state);
  EXPECT_EQ(rest.base, (raft::Position{Index(2), Term(1)}));
  EXPECT_EQ(rest.entries, std::vector(whole.entries.begin() + 2, whole.entries.end()));
  EXPECT_TRUE(check_continues(kDir, {Index(2), Term(1)}, rest));
  EXPECT_TRUE(check_continues(kDir, {Index(4), Term(2)}, rest));
  EXPECT_TRUE(check_continues(kDir, {Index(90), Term(3)}, rest)) << "newer than the log";
}

TEST_F(RecoveryTable, F2_FrontIsGoneAndInNoSnapshot_IsRefused) {
  marked_.disk->erase(segment_path(1));
  const auto opened = open_wal(*marked_.disk);
  ASSERT_TRUE(opened);
  for (const raft::Position last : {raft::Position{}, raft::Position{Index(1), Term(1)}}) {
    const auto gap = check_continues(kDir, last, opened->restored);
    ASSERT_FALSE(gap);
    EXPECT_EQ(gap.error().kind, Kind::kMissingSegment);
    EXPECT_EQ(gap.error().path, log_dir(kDir));
  }
}

TEST_F(RecoveryTable, F3_FirstEntriesReplaceDroppedOnes_TermBeforeThemIsUnknown) {
  marked_.put(open_wal(*marked_.disk)->wal, entries(2, {entry(3, "B"), entry(3, "C")}));
  marked_.disk->erase(segment_path(1));
  const auto opened = open_wal(*marked_.disk);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->restored.base, (raft::Position{Index(1), Term()}));
  EXPECT_EQ(opened->restored.entries, (std::vector{entry(3, "B"), entry(3, "C")}));
}

TEST_F(RecoveryTable, F4_SnapshotEndsWhereTheLogBeginsButInAnotherTerm_IsRefused) {
  marked_.disk->erase(segment_path(1));
  const auto opened = open_wal(*marked_.disk);
  ASSERT_TRUE(opened);
  const auto wrong = check_continues(kDir, {Index(2), Term(2)}, opened->restored);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, Kind::kInvalid);
}

// --- any segment

TEST_F(RecoveryTable, S1_DamagedHeader_IsRefused) {
  for (const std::uint64_t sequence : {1, 2}) {
    for (std::uint64_t byte = 0; byte < kHeaderBytes; ++byte) {
      SmallLog log(true);
      log.disk->flip_bit(segment_path(sequence), 8 * byte);
      expect_refused(*log.disk, Kind::kDamaged, segment_path(sequence), 0, "segment");
    }
  }
}

TEST_F(RecoveryTable, S1_OtherVersion_IsRefusedByName) {
  overwrite(*marked_.disk, 1, 8, std::string("\1\0\0\0", 4));
  expect_refused(*marked_.disk, Kind::kDamaged, segment_path(1), 0, "version 1");
}

TEST_F(RecoveryTable, S2_MissingSegment_IsRefused) {
  SmallLog log(true);
  add_segment(*log.disk, log);
  seal_segment_2(*log.disk);
  log.disk->erase(segment_path(2));
  expect_refused(*log.disk, Kind::kMissingSegment, segment_path(2), 0, "missing");
}

TEST_F(RecoveryTable, S3_LogOfAnotherNodeOrCluster_IsRefused) {
  for (const Identity& other : {Identity{78, NodeId(3)}, Identity{77, NodeId(4)}}) {
    const auto opened = Wal::open(*marked_.disk, kDir, {other.cluster, other.node, 4096});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Kind::kForeign);
    EXPECT_NE(opened.error().message().find("cluster 77, node 3"), std::string::npos);
  }
}

TEST_F(RecoveryTable, S4_FileOfAnotherSegment_IsRefused) {
  marked_.disk->set_contents(segment_path(2), marked_.disk->contents(segment_path(1)));
  expect_refused(*marked_.disk, Kind::kForeign, segment_path(2), 0, "holds segment");
}

TEST_F(RecoveryTable, S5_HeaderThatDoesNotContinueTheLog_IsRefused) {
  auto bytes = marked_.disk->contents(segment_path(2));
  auto header = decode_header(bytes);
  ASSERT_TRUE(header);
  header->start.next = header->start.next.next();
  overwrite(*marked_.disk, 2, 0, encode(*header));
  expect_refused(*marked_.disk, Kind::kInvalid, segment_path(2), 0, "does not continue");
}

TEST_F(RecoveryTable, S6_DamageBeforeTheLastSegment_IsRefused) {
  for (const auto& record : marked_.records(1)) {
    SmallLog log(true);
    log.disk->flip_bit(segment_path(1), 8 * record.offset + 70);
    expect_refused(*log.disk, Kind::kDamaged, segment_path(1), record.offset, "damaged");
  }
}

TEST_F(RecoveryTable, S6_SegmentBeforeTheLastZeroed_IsRefused) {
  overwrite(*marked_.disk, 1, kHeaderBytes, std::string(4096 - kHeaderBytes, '\0'));
  expect_refused(*marked_.disk, Kind::kDamaged, segment_path(1), kHeaderBytes, "was durable");
}

TEST_F(RecoveryTable, S7_WholeRecordThatBreaksARule_IsRefused) {
  const auto end = SmallLog::end_of(marked_.disk->contents(segment_path(2)));
  const auto add = [&](auto write) {
    SmallLog log(true);
    std::string bytes;
    RecordWriter writer(bytes, segment_seed(kIdentity, 2), end, end);
    write(writer);
    overwrite(*log.disk, 2, end, bytes);
    expect_refused(*log.disk, Kind::kInvalid, segment_path(2), end, "breaks a rule");
  };
  add([](RecordWriter& writer) { writer.hard_state({Term(2), NodeId(1)}); });
  add([](RecordWriter& writer) { writer.hard_state({Term(3), NodeId(1)}); });
  add([](RecordWriter& writer) { writer.entries(Index(7), std::vector{entry(3, "gap")}); });
  add([](RecordWriter& writer) { writer.entries(Index(0), std::vector{entry(3, "none")}); });
  add([](RecordWriter& writer) { writer.entries(Index(6), std::vector{entry(2, "falls")}); });
  add([](RecordWriter& writer) { writer.entries(Index(6), std::vector{entry(4, "above")}); });
  add([](RecordWriter& writer) { writer.reset({Index(9), Term(4)}); });
  add([](RecordWriter& writer) { writer.reset({Index(9), Term()}); });
}

TEST_F(RecoveryTable, S7_WholeRecordOfAnUnknownType_IsRefused) {
  const auto end = SmallLog::end_of(marked_.disk->contents(segment_path(2)));
  const auto seed = segment_seed(kIdentity, 2) + end;
  std::string bytes;
  RecordWriter(bytes, segment_seed(kIdentity, 2), end, end).mark();
  bytes[20] = 9;
  const auto sum = checksum(std::string_view(bytes).substr(8), seed);
  bytes.replace(0, 8, reinterpret_cast<const char*>(&sum), 8);
  overwrite(*marked_.disk, 2, end, bytes);
  expect_refused(*marked_.disk, Kind::kInvalid, segment_path(2), end, "this program");
}

TEST_F(RecoveryTable, S8_NoSegmentOrNoFolder_IsRefused) {
  marked_.disk->erase(segment_path(1));
  marked_.disk->erase(segment_path(2));
  expect_refused(*marked_.disk, Kind::kMissingSegment, log_dir(kDir), 0, "missing");
  marked_.disk->erase_dir(log_dir(kDir));
  expect_refused(*marked_.disk, Kind::kMissingLog, log_dir(kDir), 0, "no log");
}

TEST_F(RecoveryTable, S9_UnreadableFile_IsRefused) {
  marked_.disk->fail_next("read", IoError::Kind::kIo);
  const auto opened = open_wal(*marked_.disk);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, Kind::kIo);
  EXPECT_NE(opened.error().message().find(segment_path(2)), std::string::npos);
}

TEST_F(RecoveryTable, S10_OtherFiles_AreLeftAlone) {
  marked_.disk->set_contents(log_dir(kDir) + "/notes.txt", "mine");
  marked_.disk->set_contents(log_dir(kDir) + "/0000000000000003.seg.bak", "mine");
  expect_whole(*marked_.disk, marked_.history);
  EXPECT_EQ(marked_.disk->contents(log_dir(kDir) + "/notes.txt"), "mine");
}

}  // namespace
}  // namespace holdfast::storage
