// Damage and crashes everywhere: each byte, each bit, each operation.
#include <gtest/gtest.h>

#include <algorithm>

#include "storage/log_fixture.hpp"

namespace holdfast::storage {
namespace {

// Offset of the last byte that is not zero, plus one.
std::size_t used(const std::string& bytes) {
  return bytes.find_last_not_of('\0') + 1;
}

// What a crash leaves of a preallocated file: everything from `cut` on is zeros.
TEST(Damage, ZerosFromEveryByteOn_KeepAPrefixOrRefuse) {
  SmallLog log(true);
  const auto original = log.disk->contents(segment_path(2));
  const auto records = log.records(2);
  for (std::size_t cut = 0; cut <= used(original); ++cut) {
    auto bytes = original;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end(), '\0');
    log.disk->set_contents(segment_path(2), bytes);
    const auto disk = log.disk->clone();
    const auto opened = open_wal(*disk);
    if (cut < kHeaderBytes - 1) {  // (the last byte of the header's checksum may be a zero)
      EXPECT_FALSE(opened) << cut;
      continue;
    }
    if (!opened) continue;
    const auto found = log.history.find(opened->restored);
    ASSERT_TRUE(found) << "not a prefix, cut at " << cut;
    const auto whole = std::ranges::count_if(records, [&](const RecordView& record) {
      return record.end <= cut && RecordType(record.type) != RecordType::kMark;
    });
    EXPECT_GE(*found, static_cast<std::size_t>(2 + whole)) << "whole records lost, cut at " << cut;
  }
}

TEST(Damage, FileShortenedToEveryLength_IsRefused) {
  SmallLog log(true);
  for (const std::uint64_t sequence : {1, 2}) {
    const auto original = log.disk->contents(segment_path(sequence));
    for (std::size_t size = 0; size < original.size(); ++size) {
      log.disk->set_contents(segment_path(sequence), original.substr(0, size));
      EXPECT_FALSE(open_wal(*log.disk)) << sequence << " " << size;
    }
    log.disk->set_contents(segment_path(sequence), original);
  }
  EXPECT_TRUE(open_wal(*log.disk));
}

// With a mark behind the last group every group is proven, so no flip may cost anything.
TEST(Damage, EveryFlippedBitOfAMarkedLog_IsRefusedOrHarmless) {
  SmallLog log(true);
  for (const std::uint64_t sequence : {1, 2}) {
    const auto bytes = log.disk->contents(segment_path(sequence));
    std::uint64_t refused = 0;
    for (std::uint64_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      const auto disk = log.disk->clone();
      disk->flip_bit(segment_path(sequence), bit);
      const auto opened = open_wal(*disk);
      if (!opened) {
        EXPECT_EQ(opened.error().path, segment_path(sequence));
        ++refused;
      } else {
        ASSERT_EQ(log.history.find(opened->restored), log.history.last()) << sequence << " " << bit;
      }
    }
    // All but the mark at the end, and what stands behind the end of the log.
    const auto records = log.records(sequence);
    EXPECT_EQ(refused, 8 * (sequence == 1 ? records.back().end : records.back().offset));
  }
}

// Without it, the last group is not proven and may be cut, together with the mark before it, which
// became durable with it; and nothing else.
TEST(Damage, EveryFlippedBitOfAnUnmarkedLog_CostsAtMostTheLastGroup) {
  SmallLog log(false);
  const auto bytes = log.disk->contents(segment_path(2));
  const auto records = log.records(2);
  const auto unproven = records[records.size() - 2].offset;
  for (std::uint64_t bit = 0; bit < 8 * used(bytes); ++bit) {
    const auto disk = log.disk->clone();
    disk->flip_bit(segment_path(2), bit);
    const auto opened = open_wal(*disk);
    if (bit / 8 < unproven) {
      ASSERT_FALSE(opened) << bit;
    } else {
      ASSERT_TRUE(opened) << bit << opened.error().message();
      ASSERT_EQ(log.history.find(opened->restored), log.history.last() - 1) << bit;
    }
  }
}

// One life after another on one disk, each ended by a power loss at a random operation, which
// keeps any subset of the unsynced sectors and directory entries. Nothing acknowledged is lost,
// and what is found is a state that the log went through.
class Lives {
 public:
  explicit Lives(std::uint64_t seed) : prng_(seed) {}

  void run(int lives) {
    for (int i = 0; i < lives && !testing::Test::HasFatalFailure(); ++i) {
      disk_.power_off_at(1 + prng_.below(120));
      live();
      const auto kept = static_cast<sim::VirtualDisk::Unsynced>(prng_.below(3));
      disk_.power_on(kept, prng_);
      if (prng_.below(4) == 0) {  // and once more, while it recovers
        disk_.power_off_at(1 + prng_.below(25));
        (void)DataFolder::open(disk_, kDir, kIdentity);
        (void)open_wal(disk_);
        disk_.power_on(sim::VirtualDisk::Unsynced::kRandom, prng_);
      }
    }
  }

 private:
  void live() {
    const auto folder = DataFolder::open(disk_, kDir, kIdentity);
    if (!folder) return expect_power_failure(folder.error().message);
    auto opened = open_wal(disk_, 4096);
    if (!opened) return expect_power_failure(opened.error().message());
    const auto found = history_.find(opened->restored);
    ASSERT_TRUE(found) << "found what was never written";
    ASSERT_GE(*found, acknowledged_) << "lost what was acknowledged";
    history_.go_back_to(*found);
    acknowledged_ = *found;
    while (turn(opened->wal)) {
    }
  }

  bool turn(Wal& wal) {
    for (auto n = 1 + prng_.below(3); n > 0; --n) {
      const auto batch = random_batch();
      history_.add(batch);
      if (!wal.append(batch)) return false;
    }
    if (prng_.below(20) == 0) disk_.fail_next("write", IoError::Kind::kNoSpace);
    if (prng_.below(20) == 0) disk_.fail_next("allocate", IoError::Kind::kNoSpace);
    const auto synced = wal.sync();
    if (synced) {
      acknowledged_ = history_.last();
      return true;
    }
    return !wal.failed();
  }

  raft::Persist random_batch() {
    const auto& now = history_.state();
    raft::Persist batch;
    auto term = now.hard_state.term;
    if (!term || prng_.below(4) == 0) {
      term = term.next();
      batch.hard_state = raft::HardState{term, NodeId(prng_.below(4))};
      if (prng_.below(2) == 0) return batch;
    }
    const auto last = now.entries.size();
    batch.first = Index(1 + last - std::min<std::uint64_t>(last, prng_.below(4)));
    for (auto n = 1 + prng_.below(4); n > 0; --n) {
      const auto size = prng_.below(10) == 0 ? prng_.below(9000) : prng_.below(300);
      batch.entries.push_back(
          entry(term.value(), std::to_string(++written_) + std::string(size, 'x')));
    }
    return batch;
  }

  void expect_power_failure(const std::string& message) {
    ASSERT_NE(message.find("as told by the test"), std::string::npos) << message;
  }

  sim::VirtualDisk disk_;
  Prng prng_;
  History history_;
  std::size_t acknowledged_ = 0;
  std::uint64_t written_ = 0;
};

TEST(Damage, PowerLossAtRandomOperations_LosesNothingAcknowledged) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Lives(seed).run(12);
    if (HasFatalFailure()) return;
  }
}

// Each operation of a short life in turn is the last one, and then each operation of the recovery.
TEST(Damage, PowerLossAtEachOperation_ThenAtEachOfTheRecovery) {
  const auto script = [](sim::VirtualDisk& disk, std::size_t& acknowledged, History& history) {
    const auto folder = DataFolder::open(disk, kDir, kIdentity);
    if (!folder) return false;
    auto opened = open_wal(disk);
    if (!opened) return false;
    for (std::uint64_t i = 1; i <= 3; ++i) {  // the second and third make new segments
      auto batch = entries(i, {entry(1, std::string(2500, static_cast<char>('a' + i)))});
      if (i == 1) batch.hard_state = raft::HardState{Term(1), NodeId(3)};
      history.add(batch);
      if (!opened->wal.append(batch) || !opened->wal.sync()) return false;
      acknowledged = history.last();
    }
    return opened->wal.close().has_value();
  };
  bool finished = false;
  for (std::uint64_t at = 1; !finished; ++at) {
    for (std::uint64_t again = 1; again <= 12; ++again) {
      const auto kept = static_cast<sim::VirtualDisk::Unsynced>((at + again) % 3);
      Prng prng(at * 100 + again);
      sim::VirtualDisk disk;
      History history;
      std::size_t acknowledged = 0;
      disk.power_off_at(at);
      finished = script(disk, acknowledged, history);
      disk.power_on(kept, prng);
      disk.power_off_at(again);
      if (DataFolder::open(disk, kDir, kIdentity)) (void)open_wal(disk);
      disk.power_on(sim::VirtualDisk::Unsynced::kRandom, prng);

      const auto folder = DataFolder::open(disk, kDir, kIdentity);
      ASSERT_TRUE(folder) << at << " " << again << " " << folder.error().message;
      const auto opened = open_wal(disk);
      ASSERT_TRUE(opened) << at << " " << again << " " << opened.error().message();
      const auto found = history.find(opened->restored);
      ASSERT_TRUE(found) << at << " " << again;
      EXPECT_GE(*found, acknowledged) << at << " " << again;
    }
  }
}

// An operation that fails, the process goes on: kNoSpace may be tried again, the rest is final.
// Either way the next start finds all that was acknowledged.
TEST(Damage, ErrorAtEachOperation_LosesNothingAcknowledged) {
  for (const auto kind : {IoError::Kind::kIo, IoError::Kind::kNoSpace}) {
    for (std::uint64_t at = 1; at < 60; ++at) {
      sim::VirtualDisk disk;
      make_folder(disk);
      auto opened = open_wal(disk);
      ASSERT_TRUE(opened);
      History history;
      std::size_t acknowledged = 0;
      disk.fail_operation(at, kind);
      for (std::uint64_t i = 1; i <= 4; ++i) {
        auto batch = entries(i, {entry(1, std::string(2500, static_cast<char>('a' + i)))});
        if (i == 1) batch.hard_state = raft::HardState{Term(1), NodeId(3)};
        if (!opened->wal.append(batch)) break;
        history.add(batch);
        if (opened->wal.sync() || opened->wal.sync()) acknowledged = history.last();
      }
      if (kind == IoError::Kind::kNoSpace && !opened->wal.failed()) {
        EXPECT_EQ(acknowledged, history.last());
      }
      Prng prng(at);
      disk.power_on(sim::VirtualDisk::Unsynced::kLost, prng);
      const auto again = open_wal(disk);
      ASSERT_TRUE(again) << at << " " << again.error().message();
      const auto found = history.find(again->restored);
      ASSERT_TRUE(found);
      EXPECT_GE(*found, acknowledged);
    }
  }
}

}  // namespace
}  // namespace holdfast::storage
