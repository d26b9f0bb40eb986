#include "storage/restore.hpp"

#include <gtest/gtest.h>

#include "storage/recovery.hpp"
#include "storage/snapshot_fixture.hpp"

namespace holdfast::storage {
namespace {

using Kind = FolderError::Kind;
using Unsynced = sim::VirtualDisk::Unsynced;

const std::string kCopy = "/copy";
const Identity kNew{1234, NodeId(2)};

IdentityFile new_node() {
  raft::Membership membership;
  membership.members.push_back({.id = NodeId(1), .address = "a:1"});
  membership.members.push_back({.id = NodeId(2), .address = "b:2"});
  return {kNew, membership};
}

// A disk with a copy of another cluster, of entry 7.
std::unique_ptr<sim::VirtualDisk> disk_with_copy() {
  sim::VirtualDisk other;
  make_folder(other);
  auto store = open_store(other);
  const auto made = make(*store, 7);
  EXPECT_TRUE(made);
  auto disk = std::make_unique<sim::VirtualDisk>();
  EXPECT_TRUE(create_durably(*disk, kCopy, other.contents(made->path)));
  return disk;
}

// The node's folder as it is opened at a start.
struct Started {
  raft::Membership initial;
  raft::Restored log;
  std::optional<Snapshot> snapshot;
};

std::expected<Started, FolderError> start(Disk& disk) {
  auto folder = DataFolder::open(disk, kDir, kNew, new_node().initial);
  if (!folder) return std::unexpected(folder.error());
  auto opened = Wal::open(disk, kDir, {kNew.cluster, kNew.node, 4096});
  EXPECT_TRUE(opened);
  auto store = SnapshotStore::open(disk, kDir, kNew.cluster);
  EXPECT_TRUE(store) << store.error().message();
  return Started{folder->initial(), std::move(opened->restored), store->newest()};
}

void expect_restored(Disk& disk, const Started& started) {
  EXPECT_EQ(started.initial, new_node().initial);
  ASSERT_TRUE(started.snapshot);
  EXPECT_EQ(started.snapshot->meta, (raft::SnapshotMeta{meta_at(7).last, new_node().initial}));
  EXPECT_EQ(started.log.base, meta_at(7).last);
  EXPECT_EQ(started.log.hard_state, (raft::HardState{meta_at(7).last.term, NodeId()}));
  EXPECT_TRUE(started.log.entries.empty());
  EXPECT_TRUE(check_continues(kDir, meta_at(7).last, started.log));
  Pieces pieces;
  EXPECT_TRUE(
      read_snapshot(disk, started.snapshot->path, kNew.cluster, [&](std::string_view piece) {
        pieces.emplace_back(piece);
        return true;
      }));
  EXPECT_EQ(pieces, pieces_at(7));
}

TEST(Restore, NewFolder_BeginsWithTheCopyInTheNewCluster) {
  const auto disk = disk_with_copy();
  const auto restored = restore_copy(*disk, kCopy, kDir, new_node());
  ASSERT_TRUE(restored) << restored.error().message;
  Prng prng(1);
  disk->power_on(Unsynced::kLost, prng);
  const auto started = start(*disk);
  ASSERT_TRUE(started) << started.error().message;
  expect_restored(*disk, *started);
}

TEST(Restore, FolderWithAnythingInIt_IsRefusedAndLeftAlone) {
  const auto disk = disk_with_copy();
  ASSERT_TRUE(restore_copy(*disk, kCopy, kDir, new_node()));
  const auto before = disk->paths();
  const auto again = restore_copy(*disk, kCopy, kDir, new_node());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Kind::kNotEmpty);
  EXPECT_EQ(disk->paths(), before);
}

TEST(Restore, EveryCutOfTheCopy_IsRefusedAndNothingIsStartedFromIt) {
  const std::string whole = disk_with_copy()->contents(kCopy);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    sim::VirtualDisk disk;
    disk.set_contents(kCopy, whole.substr(0, size));
    const auto restored = restore_copy(disk, kCopy, kDir, new_node());
    ASSERT_FALSE(restored) << size;
    EXPECT_EQ(restored.error().kind, Kind::kDamaged) << restored.error().message;
    EXPECT_TRUE(restored.error().message.starts_with(kCopy + " at offset "));
    const auto started = start(disk);
    EXPECT_FALSE(started && started->snapshot) << size;
  }
}

TEST(Restore, EveryFlippedBitOfTheCopy_IsRefused) {
  const auto whole = disk_with_copy();
  const auto bits = whole->contents(kCopy).size() * 8;
  for (std::uint64_t bit = 0; bit < bits; ++bit) {
    auto disk = disk_with_copy();
    disk->flip_bit(kCopy, bit);
    EXPECT_FALSE(restore_copy(*disk, kCopy, kDir, new_node())) << bit;
  }
}

// Kills: an identity that is there before all that it speaks for.
TEST(Restore, PowerLossAtEveryStep_LeavesTheWholeCopyOrNothingOfIt) {
  const auto prepared = disk_with_copy();
  const auto before = prepared->clone();
  ASSERT_TRUE(restore_copy(*before, kCopy, kDir, new_node()));
  const auto steps = before->operations();
  int refused = 0;
  for (std::uint64_t step = 1; step <= steps + 1; ++step) {
    for (const auto unsynced : {Unsynced::kLost, Unsynced::kKept, Unsynced::kRandom}) {
      const auto disk = prepared->clone();
      disk->power_off_at(step);
      const bool is_done = restore_copy(*disk, kCopy, kDir, new_node()).has_value();
      Prng prng(step);
      disk->power_on(unsynced, prng);
      const auto started = start(*disk);
      ASSERT_TRUE(started || !is_done) << step;
      if (!started) {
        EXPECT_EQ(started.error().kind, Kind::kNoIdentity) << started.error().message;
        ++refused;
      } else if (is_done || started->snapshot) {
        expect_restored(*disk, *started);
      } else {
        EXPECT_EQ(started->log.hard_state, raft::HardState{})
            << "a new node, as in an empty folder";
        EXPECT_EQ(started->log.base, raft::Position{});
      }
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(Restore, DiskThatFails_IsNamed) {
  const auto disk = disk_with_copy();
  disk->fail_next("write", IoError::Kind::kNoSpace);
  const auto restored = restore_copy(*disk, kCopy, kDir, new_node());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind, Kind::kIo);
  EXPECT_NE(restored.error().message.find(kDir), std::string::npos) << restored.error().message;
}

}  // namespace
}  // namespace holdfast::storage
