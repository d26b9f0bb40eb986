#include <gtest/gtest.h>

#include "storage/snapshot_fixture.hpp"

namespace holdfast::storage {
namespace {

using Unsynced = sim::VirtualDisk::Unsynced;

raft::Membership three_voters() {
  raft::Membership membership;
  for (const std::uint64_t id : {1, 2, 3}) {
    membership.members.push_back({.id = NodeId(id), .address = "h:" + std::to_string(id)});
  }
  return membership;
}

auto open_folder(Disk& disk) {
  return DataFolder::open(disk, kDir, kIdentity, three_voters());
}

class SetAside : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(open_folder(disk_));
    auto opened = open_wal(disk_);
    auto store = open_store(disk_);
    ASSERT_TRUE(opened->wal.append(vote(1, 3)));
    ASSERT_TRUE(opened->wal.append(entries(1, {entry(1, "acknowledged")})));
    ASSERT_TRUE(opened->wal.close());
    ASSERT_TRUE(make(*store, 1));
    for (const auto& path : disk_.paths()) before_[path] = disk_.contents(path);
  }

  void expect_moved(const sim::VirtualDisk& disk, const std::string& to) {
    for (const auto& [path, bytes] : before_) {
      const auto now = to + path.substr(kDir.size());
      EXPECT_FALSE(disk.exists(path));
      ASSERT_TRUE(disk.exists(now)) << now;
      EXPECT_EQ(disk.contents(now), bytes);
    }
  }
  void expect_comes_back_empty(sim::VirtualDisk& disk) {
    const auto folder = open_folder(disk);
    ASSERT_TRUE(folder) << folder.error().message;
    EXPECT_TRUE(folder->initial().members.empty()) << "it must not vote as if it were new";
    const auto opened = open_wal(disk);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->restored.hard_state, raft::HardState{});
    EXPECT_TRUE(opened->restored.entries.empty());
    EXPECT_FALSE(open_store(disk)->newest());
  }

  sim::VirtualDisk disk_;
  std::map<std::string, std::string> before_;
};

TEST_F(SetAside, All_IsMovedAndTheNodeComesBackEmpty) {
  const auto aside = DataFolder::set_aside(disk_, kDir);
  ASSERT_TRUE(aside) << aside.error().message;
  ASSERT_TRUE(*aside);
  EXPECT_EQ((*aside)->path, kDir + "/damaged-1");
  EXPECT_EQ((*aside)->identity, kIdentity);
  expect_moved(disk_, kDir + "/damaged-1");
  expect_comes_back_empty(disk_);
  Prng prng(1);
  disk_.power_on(Unsynced::kLost, prng);
  for (const auto& [path, bytes] : before_) {
    EXPECT_EQ(disk_.contents(kDir + "/damaged-1" + path.substr(kDir.size())), bytes);
  }
  expect_comes_back_empty(disk_);
}

TEST_F(SetAside, Again_MovesToTheNextNumber) {
  ASSERT_TRUE(DataFolder::set_aside(disk_, kDir));
  expect_comes_back_empty(disk_);
  const auto again = DataFolder::set_aside(disk_, kDir);
  ASSERT_TRUE(again && *again);
  EXPECT_EQ((*again)->path, kDir + "/damaged-2");
  expect_comes_back_empty(disk_);
}

TEST_F(SetAside, AgainBeforeTheNodeCameBack_NamesTheSamePlace) {
  for (int i = 0; i < 2; ++i) {
    const auto aside = DataFolder::set_aside(disk_, kDir);
    ASSERT_TRUE(aside && *aside);
    EXPECT_EQ((*aside)->path, kDir + "/damaged-1");
    EXPECT_EQ((*aside)->identity, kIdentity);
  }
  expect_comes_back_empty(disk_);
}

TEST_F(SetAside, NothingThere_IsNothing) {
  EXPECT_FALSE(*DataFolder::set_aside(disk_, "/none"));
  ASSERT_TRUE(disk_.make_dir("/empty"));
  EXPECT_FALSE(*DataFolder::set_aside(disk_, "/empty"));
}

TEST_F(SetAside, DamagedIdentity_IsMovedToo) {
  disk_.flip_bit(kDir + "/identity", 3);
  before_[kDir + "/identity"] = disk_.contents(kDir + "/identity");
  const auto aside = DataFolder::set_aside(disk_, kDir);
  ASSERT_TRUE(aside && *aside);
  EXPECT_FALSE((*aside)->identity);
  expect_moved(disk_, kDir + "/damaged-1");
}

TEST_F(SetAside, MissingParts_DoNoHarm) {
  disk_.erase_dir(log_dir(kDir));
  const auto aside = DataFolder::set_aside(disk_, kDir);
  ASSERT_TRUE(aside && *aside);
  EXPECT_TRUE(disk_.exists(kDir + "/damaged-1/identity"));
  expect_comes_back_empty(disk_);
}

TEST_F(SetAside, FolderInUse_IsRefused) {
  const auto folder = open_folder(disk_);
  const auto aside = DataFolder::set_aside(disk_, kDir);
  ASSERT_FALSE(aside);
  EXPECT_EQ(aside.error().kind, FolderError::Kind::kLocked);
  EXPECT_TRUE(disk_.exists(kDir + "/identity"));
}

// Interrupted anywhere: who then starts as usual is refused, unless all is as before or the node is
// a new one; who sets it aside again has all of it there.
TEST_F(SetAside, CrashAtEachStep_IsTakenUpAgain) {
  for (const std::optional<Unsynced> kept :
       {std::optional<Unsynced>(), std::optional(Unsynced::kLost), std::optional(Unsynced::kKept),
        std::optional(Unsynced::kRandom)}) {
    bool finished = false;
    for (std::uint64_t at = 1; !finished; ++at) {
      SCOPED_TRACE("operation " + std::to_string(at));
      const auto disk = disk_.clone();
      disk->power_off_at(at);
      finished = DataFolder::set_aside(*disk, kDir).has_value();
      Prng prng(at);
      if (kept) {
        disk->power_on(*kept, prng);
      } else {
        disk->kill_process();
      }

      const auto copy = disk->clone();
      if (const auto folder = open_folder(*copy)) {
        const auto opened = open_wal(*copy);
        const auto store = open_store(*copy);
        if (opened && store && !folder->initial().members.empty()) {
          EXPECT_EQ(opened->restored.entries.size(), 1u) << "a voter that has forgotten";
          EXPECT_TRUE(store->newest());
        }
      }
      const auto aside = DataFolder::set_aside(*disk, kDir);
      ASSERT_TRUE(aside && *aside);
      EXPECT_EQ((*aside)->path, kDir + "/damaged-1");
      expect_moved(*disk, kDir + "/damaged-1");
      expect_comes_back_empty(*disk);
    }
  }
}

// A node that came back starts as a new one as long as nobody adds it, also when the creation of
// its folder was interrupted.
TEST_F(SetAside, CrashWhileComingBack_StaysNew) {
  ASSERT_TRUE(DataFolder::set_aside(disk_, kDir));
  for (std::uint64_t at = 1; at < 25; ++at) {
    const auto disk = disk_.clone();
    disk->power_off_at(at);
    (void)open_folder(*disk);
    Prng prng(at);
    disk->power_on(Unsynced::kRandom, prng);
    expect_comes_back_empty(*disk);
  }
}

TEST(DamagedName, Cases) {
  EXPECT_EQ(parse_damaged_name("damaged-1"), 1u);
  EXPECT_EQ(parse_damaged_name("damaged-20"), 20u);
  for (const std::string name : {"damaged-", "damaged-0", "damaged-1x", "damaged--1", "log"}) {
    EXPECT_FALSE(parse_damaged_name(name)) << name;
  }
}

}  // namespace
}  // namespace holdfast::storage
