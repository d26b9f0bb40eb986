#include "storage/data_folder.hpp"

#include <gtest/gtest.h>

#include "base/checksum.hpp"
#include "storage/snapshot_fixture.hpp"

namespace holdfast::storage {
namespace {

using Kind = FolderError::Kind;

void expect_refused(Disk& disk, Kind kind, std::initializer_list<std::string> says,
                    const Identity& identity = kIdentity) {
  const auto folder = DataFolder::open(disk, kDir, identity);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, kind) << folder.error().message;
  for (const auto& words : says) {
    EXPECT_NE(folder.error().message.find(words), std::string::npos) << folder.error().message;
  }
}

TEST(DataFolder, NewFolder_IsMadeWithParentsAndLog) {
  sim::VirtualDisk disk;
  const std::string dir = "/var/lib/holdfast";
  ASSERT_TRUE(DataFolder::open(disk, dir, kIdentity));
  EXPECT_EQ(*read_identity(disk, dir), kIdentity);
  Prng prng(1);
  disk.power_on(sim::VirtualDisk::Unsynced::kLost, prng);
  EXPECT_EQ(*read_identity(disk, dir), kIdentity);
  EXPECT_TRUE(Wal::open(disk, dir, {kIdentity.cluster, kIdentity.node}));
}

TEST(DataFolder, SecondServer_IsTurnedAwayUntilTheFirstEnds) {
  sim::VirtualDisk disk;
  {
    const auto first = DataFolder::open(disk, kDir, kIdentity);
    ASSERT_TRUE(first);
    expect_refused(disk, Kind::kLocked, {kDir + "/lock", "process 4711", "stop it"});
  }
  EXPECT_TRUE(DataFolder::open(disk, kDir, kIdentity));
}

TEST(DataFolder, OtherNodeOrCluster_IsRefusedNamingBoth) {
  sim::VirtualDisk disk;
  make_folder(disk);
  expect_refused(disk, Kind::kForeign, {"node 3 of cluster 77", "node 4 of cluster 77"},
                 {77, NodeId(4)});
  expect_refused(disk, Kind::kForeign, {"node 3 of cluster 77", "node 3 of cluster 5"},
                 {5, NodeId(3)});
  make_folder(disk);
}

raft::Membership two_voters() {
  raft::Membership membership;
  membership.members.push_back({.id = NodeId(3), .address = "[::1]:7103"});
  membership.members.push_back({.id = NodeId(12), .address = "host-12:7112"});
  return membership;
}

TEST(DataFolder, InitialMembers_AreThoseItWasCreatedWith) {
  sim::VirtualDisk disk;
  EXPECT_EQ(DataFolder::open(disk, kDir, kIdentity, two_voters())->initial(), two_voters());
  EXPECT_NE(disk.contents(kDir + "/identity").find("members 3=[::1]:7103,12=host-12:7112\n"),
            std::string::npos);
  EXPECT_EQ(DataFolder::open(disk, kDir, kIdentity)->initial(), two_voters());
  EXPECT_EQ(DataFolder::open(disk, kDir, kIdentity, raft::Membership::of({}))->initial(),
            two_voters());
}

TEST(DataFolder, CreatedToWaitToBeAdded_StaysSo) {
  sim::VirtualDisk disk;
  EXPECT_TRUE(DataFolder::open(disk, kDir, kIdentity)->initial().members.empty());
  EXPECT_NE(disk.contents(kDir + "/identity").find("members none\n"), std::string::npos);
  EXPECT_TRUE(DataFolder::open(disk, kDir, kIdentity, two_voters())->initial().members.empty());
}

std::string with_checksum(const std::string& fields) {
  return fields + "checksum " + std::to_string(checksum(fields)) + "\n";
}

TEST(DataFolder, OtherVersion_IsRefusedByName) {
  sim::VirtualDisk disk;
  make_folder(disk);
  disk.set_contents(kDir + "/identity",
                    with_checksum("holdfast data folder\nversion 1\ncluster 77\nnode 3\n"));
  expect_refused(disk, Kind::kForeign, {"format version 1", "reads version 2"});
}

TEST(DataFolder, MembersThatAreNone_AreRefused) {
  sim::VirtualDisk disk;
  make_folder(disk);
  for (const std::string members :
       {"", "3", "x=a:1", "3=a:1,", "3=a:1,3=b:2", "4=a:1,3=b:2", "0=a:1", "3=a:1\nextra 1"}) {
    disk.set_contents(
        kDir + "/identity",
        with_checksum("holdfast data folder\nversion 2\ncluster 77\nnode 3\nmembers " + members +
                      "\n"));
    expect_refused(disk, Kind::kDamaged, {"identity"});
  }
}

TEST(DataFolder, EveryFlippedBitOfTheIdentity_IsRefused) {
  sim::VirtualDisk disk;
  ASSERT_TRUE(DataFolder::open(disk, kDir, kIdentity, two_voters()));
  const auto path = kDir + "/identity";
  for (std::uint64_t bit = 0; bit < 8 * disk.contents(path).size(); ++bit) {
    const auto copy = disk.clone();
    copy->flip_bit(path, bit);
    expect_refused(*copy, Kind::kDamaged, {path, "damaged"});
  }
}

TEST(DataFolder, IdentityCutAtEveryByteOrTooLong_IsRefused) {
  sim::VirtualDisk disk;
  make_folder(disk);
  const auto path = kDir + "/identity";
  const auto text = disk.contents(path);
  for (std::size_t size = 0; size < text.size(); ++size) {
    disk.set_contents(path, text.substr(0, size));
    expect_refused(disk, Kind::kDamaged, {path});
  }
  disk.set_contents(path, text + "x");
  expect_refused(disk, Kind::kDamaged, {path});
}

TEST(DataFolder, LogWithoutIdentity_IsRefused) {
  SmallLog log(true);
  log.disk->erase(kDir + "/identity");
  expect_refused(*log.disk, Kind::kNoIdentity, {"has a log", "identity"});
  log.disk->erase(segment_path(2));
  expect_refused(*log.disk, Kind::kNoIdentity, {"has a log", "identity"});
}

TEST(DataFolder, SnapshotWithoutIdentity_IsRefused) {
  sim::VirtualDisk disk;
  make_folder(disk);
  auto store = open_store(disk);
  ASSERT_TRUE(make(*store, 100));
  disk.erase(kDir + "/identity");
  expect_refused(disk, Kind::kNoIdentity, {"snapshots", "identity"});
}

TEST(DataFolder, PowerLossAtEachStepOfItsCreation_CanBeTakenUpAgain) {
  bool finished = false;
  for (std::uint64_t at = 1; !finished; ++at) {
    for (const auto kept : {sim::VirtualDisk::Unsynced::kLost, sim::VirtualDisk::Unsynced::kKept,
                            sim::VirtualDisk::Unsynced::kRandom}) {
      sim::VirtualDisk disk;
      Prng prng(at);
      disk.power_off_at(at);
      finished = DataFolder::open(disk, kDir, kIdentity).has_value();
      disk.power_on(kept, prng);
      EXPECT_TRUE(!finished || disk.exists(kDir + "/identity"));
      make_folder(disk);
      ASSERT_TRUE(open_wal(disk)) << at;
      ASSERT_TRUE(open_store(disk)) << at;
    }
  }
}

// Killed, not powered off: what the first start made is there but not durable, and the second
// start must make it so before it relies on it.
TEST(DataFolder, KilledAtEachStepOfItsCreation_SecondStartMakesAllDurable) {
  for (std::uint64_t at = 1; at < 40; ++at) {
    sim::VirtualDisk disk;
    Prng prng(at);
    disk.fail_operation(at, IoError::Kind::kIo);
    (void)DataFolder::open(disk, kDir, kIdentity);
    disk.kill_process();
    make_folder(disk);
    disk.power_on(sim::VirtualDisk::Unsynced::kLost, prng);
    ASSERT_TRUE(disk.exists(kDir + "/identity")) << at;
    make_folder(disk);
    ASSERT_TRUE(open_wal(disk)) << at;
    ASSERT_TRUE(open_store(disk)) << at;
  }
}

TEST(DataFolder, NoPermission_SaysWhatToDo) {
  sim::VirtualDisk disk;
  make_folder(disk);
  disk.fail_next("lock", IoError::Kind::kPermission);
  expect_refused(disk, Kind::kPermission, {kDir + "/lock", "owner"});
  disk.fail_next("open", IoError::Kind::kPermission);
  expect_refused(disk, Kind::kPermission, {kDir + "/identity", "read and write access"});
}

TEST(DataFolder, FullDisk_SaysSo) {
  sim::VirtualDisk disk;
  disk.set_space(100);
  expect_refused(disk, Kind::kIo, {"Make room"});
  disk.set_space(UINT64_MAX);
  make_folder(disk);
}

}  // namespace
}  // namespace holdfast::storage
