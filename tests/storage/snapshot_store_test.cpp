#include "storage/snapshot_store.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "storage/snapshot_fixture.hpp"

namespace holdfast::storage {
namespace {

using Kind = SnapshotError::Kind;
using Indexes = std::vector<std::uint64_t>;

class SnapshotStoreTest : public testing::Test {
 protected:
  SnapshotStoreTest() {
    make_folder(disk_);
    make_folder(other_disk_);
  }

  SnapshotStore open(Disk& disk) {
    auto store = open_store(disk);
    EXPECT_TRUE(store) << store.error().message();
    return std::move(*store);
  }
  void lose_power(sim::VirtualDisk& disk) {
    Prng prng(1);
    disk.power_on(sim::VirtualDisk::Unsynced::kLost, prng);
  }

  sim::VirtualDisk disk_;
  sim::VirtualDisk other_disk_;  // of the node that sends
};

TEST_F(SnapshotStoreTest, NewFolder_HasNone) {
  const auto store = open(disk_);
  EXPECT_FALSE(store.newest());
  EXPECT_TRUE(store.snapshots().empty());
}

TEST_F(SnapshotStoreTest, Finished_IsReadBackAfterPowerLoss) {
  std::optional<Snapshot> made;
  {
    auto store = open(disk_);
    const auto snapshot = make(store, 100);
    ASSERT_TRUE(snapshot) << snapshot.error().message();
    made = *snapshot;
    EXPECT_EQ(store.newest(), made);
  }
  lose_power(disk_);
  const auto store = open(disk_);
  EXPECT_EQ(store.newest(), made);
  EXPECT_EQ(made->id.bytes, disk_.contents(made->path).size());
  EXPECT_LT(made->id.bytes, 500u) << "3,000 equal bytes are compressed";
  expect_sound(disk_, store);
}

TEST_F(SnapshotStoreTest, StateWithoutPieces_IsASnapshotToo) {
  auto store = open(disk_);
  ASSERT_TRUE(store.begin(meta_at(7), 1));
  const auto made = store.finish();
  ASSERT_TRUE(made);
  EXPECT_EQ(*load(disk_, made->path), Pieces());
}

TEST_F(SnapshotStoreTest, PiecesOfAllSizes_AreReadBack) {
  auto store = open(disk_);
  Prng prng(7);
  Pieces pieces;
  for (const std::size_t size : {1, 2, 31, 4096, 100'000, 3'000'000}) {
    std::string random;
    for (std::size_t i = 0; i < size; ++i) random += static_cast<char>(prng.below(256));
    pieces.push_back(std::move(random));
    pieces.emplace_back(size, 'a');
  }
  ASSERT_TRUE(store.begin(meta_at(7), 1));
  for (const auto& piece : pieces) ASSERT_TRUE(store.add(piece));
  const auto made = store.finish();
  ASSERT_TRUE(made);
  EXPECT_EQ(*load(disk_, made->path), pieces);
}

TEST_F(SnapshotStoreTest, LongSnapshot_IsSyncedInPortions) {
  auto store = open(disk_);
  Prng prng(7);
  std::string random(1 << 20, '\0');
  for (char& byte : random) byte = static_cast<char>(prng.below(256));
  ASSERT_TRUE(store.begin(meta_at(7), 1));
  const auto syncs = disk_.count("fdatasync");
  for (int i = 0; i < 70; ++i) ASSERT_TRUE(store.add(random));
  EXPECT_EQ(disk_.count("fdatasync"), syncs + 2);
  ASSERT_TRUE(store.finish());
}

TEST_F(SnapshotStoreTest, LastTwo_AreKept) {
  auto store = open(disk_);
  for (const std::uint64_t index : {100, 200, 300, 400}) ASSERT_TRUE(make(store, index));
  EXPECT_EQ(indexes(store), (Indexes{300, 400}));
  EXPECT_EQ(files(disk_).size(), 2u);
  EXPECT_EQ(indexes(open(disk_)), (Indexes{300, 400}));
  expect_sound(disk_, store);
}

// Kills: removing what a slow transfer has to read yet, so that it begins anew, for ever.
TEST_F(SnapshotStoreTest, Pinned_StaysBesideTheNewestAsLongAsItIs) {
  auto store = open(disk_);
  const auto pinned = make(store, 100);
  ASSERT_TRUE(pinned);
  store.pin({pinned->id});
  for (const std::uint64_t index : {200, 300, 400}) ASSERT_TRUE(make(store, index));
  EXPECT_EQ(indexes(store), (Indexes{100, 400}));
  EXPECT_TRUE(store.read(pinned->id, 0, 10));
  store.pin({});
  ASSERT_TRUE(make(store, 500));
  EXPECT_EQ(indexes(store), (Indexes{400, 500}));
}

TEST_F(SnapshotStoreTest, AllArePinned_TheNewestStaysToo) {
  auto store = open(disk_);
  std::vector<SnapshotId> ids;
  for (const std::uint64_t index : {100, 200}) ids.push_back(make(store, index)->id);
  store.pin(ids);
  for (const std::uint64_t index : {300, 50}) ASSERT_TRUE(make(store, index));
  EXPECT_EQ(indexes(store), (Indexes{50, 100, 200, 300}));
  store.pin({});
  EXPECT_EQ(indexes(store), (Indexes{200, 300}));
}

// Kills: an empty chunk, which is an offer, where there should be bytes.
TEST_F(SnapshotStoreTest, CutFile_IsAnErrorToTheSender) {
  auto store = open(disk_);
  const auto made = make(store, 100);
  auto file = disk_.open(made->path, OpenMode::kCreate);
  ASSERT_TRUE((*file)->write_at(0, std::string(made->id.bytes - 10, 'x')));
  EXPECT_TRUE(store.read(made->id, 0, made->id.bytes - 10));
  const auto beyond = store.read(made->id, made->id.bytes - 20, 20);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().kind, IoError::Kind::kIo);
  EXPECT_EQ(*store.read(made->id, made->id.bytes, 20), "");
}

TEST_F(SnapshotStoreTest, Dropped_IsGoneIfThereIsAnother) {
  auto store = open(disk_);
  const auto broken = make(store, 100, 9000);
  store.drop(broken->id);
  EXPECT_EQ(files(disk_).size(), 1u);
  const auto other = make(store, 100, 1);
  store.drop(broken->id);
  EXPECT_EQ(store.newest(), *other);
  EXPECT_EQ(files(disk_).size(), 1u);
}

TEST_F(SnapshotStoreTest, NamesSortByIndexAndTerm) {
  const auto name = [](std::uint64_t index, std::uint64_t term) {
    return snapshot_name({Index(index), Term(term)}, 0xabc);
  };
  EXPECT_EQ(name(10, 3), "000000000000000a-0000000000000003-0000000000000abc.snap");
  EXPECT_LT(name(9, 3), name(10, 3));
  EXPECT_LT(name(255, 9), name(256, 3));
  EXPECT_LT(name(256, 3), name(256, 4));
}

TEST_F(SnapshotStoreTest, OlderThanTheNewest_IsKeptBesideIt) {
  auto store = open(disk_);
  for (const std::uint64_t index : {100, 200, 50}) ASSERT_TRUE(make(store, index));
  EXPECT_EQ(indexes(store), (Indexes{50, 200}));
  ASSERT_TRUE(make(store, 150));
  EXPECT_EQ(indexes(store), (Indexes{150, 200}));
}

TEST_F(SnapshotStoreTest, RemovalThatFails_IsMadeUpForLater) {
  auto store = open(disk_);
  for (const std::uint64_t index : {100, 200}) ASSERT_TRUE(make(store, index));
  disk_.fail_next("remove", IoError::Kind::kIo);
  ASSERT_TRUE(make(store, 300));
  EXPECT_EQ(indexes(store), (Indexes{100, 200, 300}));
  ASSERT_TRUE(make(store, 400));
  EXPECT_EQ(indexes(store), (Indexes{300, 400}));
}

TEST_F(SnapshotStoreTest, Abandoned_LeavesNothing) {
  auto store = open(disk_);
  ASSERT_TRUE(store.begin(meta_at(100), 1));
  ASSERT_TRUE(store.add("piece"));
  EXPECT_EQ(files(disk_).size(), 1u);
  store.abandon();
  EXPECT_FALSE(store.is_making());
  EXPECT_TRUE(files(disk_).empty());
}

TEST_F(SnapshotStoreTest, BegunAgain_StartsAnew) {
  auto store = open(disk_);
  ASSERT_TRUE(store.begin(meta_at(100), 1));
  ASSERT_TRUE(store.add(std::string(100, 'y')));
  ASSERT_TRUE(make(store, 200));
  EXPECT_EQ(indexes(store), (Indexes{200}));
  expect_sound(disk_, store);
}

TEST_F(SnapshotStoreTest, FullDisk_CostsThisSnapshotOnly) {
  auto store = open(disk_);
  ASSERT_TRUE(make(store, 100));
  disk_.fail_next("write", IoError::Kind::kNoSpace);
  const auto full = make(store, 200);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, IoError::Kind::kNoSpace);
  EXPECT_FALSE(store.is_making());
  EXPECT_EQ(files(disk_).size(), 1u) << "its room is given back";
  ASSERT_TRUE(make(store, 200));
  EXPECT_EQ(indexes(store), (Indexes{100, 200}));
}

// After a failed fdatasync nobody knows what is on the device; another one would not tell.
TEST_F(SnapshotStoreTest, FailedSync_GivesTheFileUp) {
  auto store = open(disk_);
  ASSERT_TRUE(make(store, 100));
  disk_.fail_next("fdatasync", IoError::Kind::kIo);
  EXPECT_FALSE(make(store, 200));
  EXPECT_EQ(indexes(store), (Indexes{100}));
  EXPECT_EQ(files(disk_).size(), 1u);
  ASSERT_TRUE(make(store, 200));
  lose_power(disk_);
  const auto again = open(disk_);
  EXPECT_EQ(indexes(again), (Indexes{100, 200}));
  expect_sound(disk_, again);
}

TEST_F(SnapshotStoreTest, NameThatIsNotDurable_IsNotBelieved) {
  auto store = open(disk_);
  ASSERT_TRUE(make(store, 100));
  disk_.fail_next("sync directory", IoError::Kind::kIo);
  EXPECT_FALSE(make(store, 200));
  EXPECT_EQ(indexes(store), (Indexes{100}));
}

// Killed between rename and sync of the directory: the next start sees the name, and drops parts
// of the log for it. So it must make the name durable.
TEST_F(SnapshotStoreTest, NameFoundAfterAKill_IsMadeDurable) {
  {
    auto store = open(disk_);
    ASSERT_TRUE(store.begin(meta_at(100), 1));
    for (const auto& piece : pieces_at(100)) ASSERT_TRUE(store.add(piece));
    disk_.power_off_at(4);  // behind the footer, the sync and the rename
    EXPECT_FALSE(store.finish());
  }
  disk_.kill_process();
  EXPECT_EQ(indexes(open(disk_)), (Indexes{100}));
  lose_power(disk_);
  const auto store = open(disk_);
  EXPECT_EQ(indexes(store), (Indexes{100}));
  expect_sound(disk_, store);
}

TEST_F(SnapshotStoreTest, LeftoversOfACrash_AreRemovedAndOtherFilesAreNot) {
  for (const std::string name : {"making.tmp", "receiving.tmp", "notes.txt"}) {
    disk_.set_contents(snapshot_dir(kDir) + "/" + name, "half");
  }
  open(disk_);
  EXPECT_EQ(files(disk_), (std::vector<std::string>{"notes.txt"}));
}

TEST_F(SnapshotStoreTest, FolderThatVanished_IsRefused) {
  disk_.erase_dir(snapshot_dir(kDir));
  const auto store = open_store(disk_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, Kind::kMissing);
  EXPECT_EQ(store.error().path, snapshot_dir(kDir));
}

TEST_F(SnapshotStoreTest, OfAnotherCluster_IsRefused) {
  {
    auto store = open(disk_);
    ASSERT_TRUE(make(store, 100));
  }
  const auto store = SnapshotStore::open(disk_, kDir, 78);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, Kind::kForeign);
  EXPECT_NE(store.error().message().find("cluster 77, not to 78"), std::string::npos);
}

TEST_F(SnapshotStoreTest, UnderAnothersName_IsRefused) {
  std::string path;
  {
    auto store = open(disk_);
    path = make(store, 100)->path;
  }
  const auto wrong = snapshot_dir(kDir) + "/" + snapshot_name({Index(900), Term(2)}, 1000);
  ASSERT_TRUE(disk_.rename(path, wrong));
  const auto store = open_store(disk_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, Kind::kForeign);
  EXPECT_EQ(store.error().path, wrong);
}

TEST_F(SnapshotStoreTest, VisitorThatRefusesAPiece_EndsTheReading) {
  auto store = open(disk_);
  const auto made = make(store, 100);
  int seen = 0;
  const auto read = read_snapshot(disk_, made->path, kIdentity.cluster,
                                  [&](std::string_view) { return ++seen < 2; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, Kind::kInvalid);
  EXPECT_EQ(seen, 2);
}

// --- from one node to another

TEST_F(SnapshotStoreTest, Transfer_InChunksOfAnySize_IsTheSameFile) {
  auto from = open(other_disk_);
  const auto made = make(from, 100);
  ASSERT_TRUE(made);
  for (std::size_t chunk = 1; chunk <= made->id.bytes + 1; chunk += 13) {
    sim::VirtualDisk disk;
    make_folder(disk);
    auto to = open(disk);
    const auto received = transfer(from, made->id, to, chunk);
    ASSERT_TRUE(received) << received.error().message();
    EXPECT_EQ(*received, *made);
    EXPECT_EQ(to.newest(), *made);
    EXPECT_EQ(disk.contents(received->path), other_disk_.contents(made->path));
    lose_power(disk);
    expect_sound(disk, open(disk));
  }
}

TEST_F(SnapshotStoreTest, TransferBegunAgain_GoesOnWhereItWas) {
  auto from = open(other_disk_);
  const auto made = make(from, 100);
  auto to = open(disk_);
  EXPECT_EQ(*to.begin_receive(made->id), 0u);
  EXPECT_EQ(*to.receive(0, *from.read(made->id, 0, 100)), 100u);
  EXPECT_EQ(*to.begin_receive(made->id), 100u);
  EXPECT_TRUE(transfer(from, made->id, to));
  expect_sound(disk_, to);
}

TEST_F(SnapshotStoreTest, TransferOfAnotherFile_DropsWhatWasThere) {
  auto from = open(other_disk_);
  const auto first = make(from, 100, 1);
  const auto second = make(from, 100, 2);
  auto to = open(disk_);
  EXPECT_EQ(*to.begin_receive(first->id), 0u);
  EXPECT_EQ(*to.receive(0, *from.read(first->id, 0, 100)), 100u);
  EXPECT_EQ(*to.begin_receive(second->id), 0u);
  EXPECT_TRUE(transfer(from, second->id, to));
  EXPECT_EQ(to.newest()->id.number, 2u);
  expect_sound(disk_, to);
}

TEST_F(SnapshotStoreTest, ChunksRepeatedOverlappingOrAhead_DoNoHarm) {
  auto from = open(other_disk_);
  const auto made = make(from, 100);
  const auto chunk = [&](std::uint64_t at, std::size_t size) {
    return *from.read(made->id, at, size);
  };
  auto to = open(disk_);
  ASSERT_TRUE(to.begin_receive(made->id));
  EXPECT_EQ(*to.receive(50, chunk(50, 10)), 0u) << "a gap";
  EXPECT_EQ(*to.receive(0, chunk(0, 60)), 60u);
  EXPECT_EQ(*to.receive(0, chunk(0, 60)), 60u);
  EXPECT_EQ(*to.receive(10, chunk(10, 20)), 60u);
  EXPECT_EQ(*to.receive(40, chunk(40, 60)), 100u);
  EXPECT_EQ(*to.receive(100, chunk(100, 5000) + "more than was announced"), made->id.bytes);
  EXPECT_EQ(*to.receive(made->id.bytes, "and more"), made->id.bytes);
  const auto received = finish_receive(to);
  ASSERT_TRUE(received) << received.error().message();
  expect_sound(disk_, to);
}

TEST_F(SnapshotStoreTest, ChunkThatNobodyWaitsFor_IsPassedOver) {
  auto store = open(disk_);
  EXPECT_EQ(*store.receive(0, "bytes"), 0u);
  EXPECT_TRUE(files(disk_).empty());
}

TEST_F(SnapshotStoreTest, ReceivedAgain_CostsNothing) {
  auto from = open(other_disk_);
  const auto made = make(from, 100);
  auto to = open(disk_);
  ASSERT_TRUE(transfer(from, made->id, to));
  disk_.fail_next("sync directory", IoError::Kind::kIo);
  EXPECT_TRUE(transfer(from, made->id, to));
  disk_.clear_faults();
  EXPECT_EQ(indexes(to), (Indexes{100}));
  EXPECT_EQ(files(disk_).size(), 1u);
  expect_sound(disk_, to);
}

TEST_F(SnapshotStoreTest, ReceivedTooShort_IsRefused) {
  auto from = open(other_disk_);
  const auto made = make(from, 100);
  auto to = open(disk_);
  ASSERT_TRUE(to.begin_receive(made->id));
  ASSERT_TRUE(to.receive(0, *from.read(made->id, 0, made->id.bytes - 1)));
  EXPECT_FALSE(finish_receive(to));
  EXPECT_TRUE(files(disk_).empty());
}

TEST_F(SnapshotStoreTest, ReceivedUnderAnothersId_IsRefused) {
  auto from = open(other_disk_);
  const auto made = make(from, 100);
  auto to = open(disk_);
  auto wrong = made->id;
  ++wrong.last.index;
  ASSERT_TRUE(to.begin_receive(wrong));
  ASSERT_TRUE(to.receive(0, *from.read(made->id, 0, made->id.bytes)));
  const auto received = finish_receive(to);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().kind, Kind::kForeign);
  EXPECT_TRUE(files(disk_).empty());
}

// Kills: giving it its name before: the node would never start again.
TEST_F(SnapshotStoreTest, ReceivedAndNoState_IsRefusedAndGone) {
  auto from = open(other_disk_);
  auto to = open(disk_);
  ASSERT_TRUE(make(to, 50));
  const auto made = make(from, 100);
  ASSERT_TRUE(to.begin_receive(made->id));
  ASSERT_TRUE(to.receive(0, *from.read(made->id, 0, made->id.bytes)));
  const auto received = finish_receive(to, false);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().kind, Kind::kInvalid);
  EXPECT_EQ(indexes(to), (Indexes{50}));
  EXPECT_EQ(files(disk_).size(), 1u);
}

TEST_F(SnapshotStoreTest, SnapshotThatIsGone_IsNotFoundByTheSender) {
  auto store = open(disk_);
  const auto first = make(store, 100);
  EXPECT_TRUE(store.read(first->id, 0, 10));
  for (const std::uint64_t index : {200, 300}) ASSERT_TRUE(make(store, index));
  EXPECT_EQ(store.read(first->id, 0, 10).error().kind, IoError::Kind::kNotFound);
  auto other = store.newest()->id;
  ++other.number;
  EXPECT_EQ(store.read(other, 0, 10).error().kind, IoError::Kind::kNotFound);
}

TEST_F(SnapshotStoreTest, MakingAndReceivingAtOnce_DoNotMeet) {
  auto from = open(other_disk_);
  const auto sent = make(from, 200);
  auto to = open(disk_);
  ASSERT_TRUE(to.begin_receive(sent->id));
  ASSERT_TRUE(to.receive(0, *from.read(sent->id, 0, 100)));
  ASSERT_TRUE(make(to, 100));
  EXPECT_TRUE(transfer(from, sent->id, to));
  EXPECT_EQ(indexes(to), (Indexes{100, 200}));
  expect_sound(disk_, to);
}

}  // namespace
}  // namespace holdfast::storage
