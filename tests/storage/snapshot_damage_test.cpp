// Snapshots after crashes and damage everywhere: each byte, each bit, each operation.
#include <gtest/gtest.h>

#include <functional>

#include "base/prng.hpp"
#include "storage/snapshot_fixture.hpp"

namespace holdfast::storage {
namespace {

using Indexes = std::vector<std::uint64_t>;
using Unsynced = sim::VirtualDisk::Unsynced;

class SnapshotDamage : public testing::Test {
 protected:
  void SetUp() override {
    make_folder(disk_);
    auto store = open_store(disk_);
    ASSERT_TRUE(store);
    const auto made = make(*store, 100);
    ASSERT_TRUE(made);
    path_ = made->path;
    bytes_ = disk_.contents(path_);
    find_blocks();
  }

  // Where the header, each block and the footer begin.
  void find_blocks() {
    const auto header = decode_snapshot_header(bytes_);
    ASSERT_TRUE(header);
    places_ = {0};
    for (auto at = header->bytes; at < bytes_.size();) {
      places_.push_back(at);
      const auto head =
          decode_block_head(std::string_view(bytes_).substr(at, kBlockHeadBytes), header->seed, at);
      ASSERT_TRUE(head);
      at += kBlockHeadBytes + head->stored_bytes;
    }
    ASSERT_EQ(places_.size(), 5u) << "header, three pieces, footer";
  }
  std::uint64_t place_of(std::uint64_t byte) const {
    return *std::prev(std::ranges::upper_bound(places_, byte));
  }
  void expect_refused(std::uint64_t offset, const std::string& what) {
    const auto pieces = load(disk_, path_);
    ASSERT_FALSE(pieces) << what;
    EXPECT_EQ(pieces.error().path, path_) << what;
    EXPECT_EQ(pieces.error().offset, offset) << what;
    EXPECT_NE(pieces.error().message().find(path_ + " at offset " + std::to_string(offset)),
              std::string::npos);
  }

  sim::VirtualDisk disk_;
  std::string path_;
  std::string bytes_;
  std::vector<std::uint64_t> places_;
};

TEST_F(SnapshotDamage, EveryFlippedBit_IsRefusedWithItsPlace) {
  for (std::uint64_t bit = 0; bit < 8 * bytes_.size(); ++bit) {
    disk_.flip_bit(path_, bit);
    expect_refused(place_of(bit / 8), "bit " + std::to_string(bit));
    disk_.flip_bit(path_, bit);
  }
  EXPECT_TRUE(load(disk_, path_));
}

TEST_F(SnapshotDamage, EveryCut_IsRefusedWithItsPlace) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    disk_.set_contents(path_, bytes_.substr(0, size));
    expect_refused(place_of(size), "cut at " + std::to_string(size));
  }
}

TEST_F(SnapshotDamage, ZerosFromEveryByteOn_AreRefused) {
  for (std::size_t cut = 0; cut < bytes_.find_last_not_of('\0'); ++cut) {
    auto bytes = bytes_;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end(), '\0');
    disk_.set_contents(path_, bytes);
    EXPECT_FALSE(load(disk_, path_)) << cut;
  }
}

TEST_F(SnapshotDamage, BytesBehindTheFooter_AreRefused) {
  disk_.set_contents(path_, bytes_ + '\0');
  expect_refused(bytes_.size(), "one more byte");
  disk_.set_contents(path_, bytes_ + bytes_);
  expect_refused(bytes_.size(), "twice");
}

TEST_F(SnapshotDamage, BlocksRemovedRepeatedOrSwapped_AreRefused) {
  const auto part = [&](std::size_t i) {
    return bytes_.substr(places_[i],
                         i + 1 < places_.size() ? places_[i + 1] - places_[i] : std::string::npos);
  };
  const std::vector<std::vector<std::size_t>> orders = {
      {0, 4}, {0, 1, 2, 4}, {0, 2, 3, 4}, {0, 1, 1, 2, 3, 4}, {0, 2, 1, 3, 4}, {0, 1, 2, 3}};
  for (const auto& order : orders) {
    std::string bytes;
    for (const auto i : order) bytes += part(i);
    disk_.set_contents(path_, bytes);
    EXPECT_FALSE(load(disk_, path_));
  }
}

// Two files that are alike but for their numbers: their blocks are not to be mixed.
TEST_F(SnapshotDamage, BlockOfAnotherFile_IsRefused) {
  auto store = open_store(disk_);
  const auto other = make(*store, 100, 1001);
  ASSERT_TRUE(other);
  const auto theirs = disk_.contents(other->path);
  ASSERT_EQ(theirs.size(), bytes_.size());
  for (std::size_t i = 0; i + 1 < places_.size(); ++i) {
    const auto size = places_[i + 1] - places_[i];
    auto mixed = bytes_;
    mixed.replace(places_[i], size, theirs.substr(places_[i], size));
    disk_.set_contents(path_, mixed);
    // A header decides what its blocks must be.
    expect_refused(places_[std::max<std::size_t>(i, 1)], "block " + std::to_string(i));
  }
}

// The same header, place and size, another content: only the footer knows which of them belongs.
TEST_F(SnapshotDamage, BlockOfAnotherAttempt_IsRefusedByTheFooter) {
  const auto file = [](const std::string& piece) {
    SnapshotEncoder encoder({kIdentity.cluster, 1000, meta_at(100)});
    std::string bytes = encoder.header() + encoder.block(piece);
    return std::pair(bytes, encoder.footer());
  };
  const auto [first, first_footer] = file("hello");
  const auto [second, second_footer] = file("world");
  disk_.set_contents(path_, first + first_footer);
  EXPECT_EQ(*load(disk_, path_), (Pieces{"hello"}));
  ASSERT_EQ(first.size(), second.size());
  disk_.set_contents(path_, second + first_footer);
  expect_refused(first.size(), "footer");
}

TEST_F(SnapshotDamage, OtherVersion_IsRefusedByName) {
  auto bytes = bytes_;
  bytes[8] = 9;
  disk_.set_contents(path_, bytes);
  EXPECT_NE(load(disk_, path_).error().message().find("format version 9"), std::string::npos);
}

TEST_F(SnapshotDamage, DamageThatWasReceived_IsRefusedAndLeavesNothing) {
  auto from = open_store(disk_);
  const auto sent = *from->newest();
  for (std::uint64_t byte = 0; byte < bytes_.size(); byte += 5) {
    auto damaged = bytes_;
    damaged[byte] ^= 4;
    sim::VirtualDisk disk;
    make_folder(disk);
    auto to = open_store(disk);
    ASSERT_TRUE(to->begin_receive(sent.id));
    ASSERT_TRUE(to->receive(0, damaged));
    EXPECT_FALSE(finish_receive(*to)) << byte;
    EXPECT_FALSE(to->newest());
    EXPECT_TRUE(files(disk).empty());
    EXPECT_TRUE(transfer(*from, sent.id, *to)) << "and is received whole thereafter";
  }
}

TEST_F(SnapshotDamage, EveryFlippedBitOfAHeader_IsRefusedAtTheStart) {
  for (std::uint64_t bit = 0; bit < 8 * places_[1]; ++bit) {
    disk_.flip_bit(path_, bit);
    const auto store = open_store(disk_);
    ASSERT_FALSE(store) << bit;
    EXPECT_EQ(store.error().path, path_);
    disk_.flip_bit(path_, bit);
  }
  EXPECT_TRUE(open_store(disk_));
}

// --- crashes

// Snapshots 100 and 200 are durable when the story begins, which makes 300 durable and then removes
// 100; it says whether it saw 300 durable.
using Story = std::function<bool(SnapshotStore&)>;

struct Crash {
  std::uint64_t at;                  // the operation that does not happen any more
  std::optional<Unsynced> unsynced;  // what stays of the unsynced; nothing: only the process ends
  std::uint64_t seed;
};

void make_two(sim::VirtualDisk& disk) {
  make_folder(disk);
  auto store = open_store(disk);
  ASSERT_TRUE(store);
  ASSERT_TRUE(make(*store, 100));
  ASSERT_TRUE(make(*store, 200));
}

void end(sim::VirtualDisk& disk, const Crash& crash) {
  Prng prng(crash.seed);
  if (crash.unsynced) {
    disk.power_on(*crash.unsynced, prng);
  } else {
    disk.kill_process();
  }
}

// Returns whether the story came to its end.
bool crash_in(const Story& story, const Crash& crash) {
  sim::VirtualDisk disk;
  make_two(disk);
  bool durable = false;
  bool whole = false;
  {
    auto store = open_store(disk);
    disk.power_off_at(crash.at);
    const auto before = disk.operations();
    durable = story(*store);
    whole = disk.operations() - before < crash.at;
  }
  end(disk, crash);
  for (int life = 0; life < 2; ++life) {
    const auto store = open_store(disk);
    if (!store) return ADD_FAILURE() << store.error().message(), false;
    expect_sound(disk, *store);
    const auto found = indexes(*store);
    EXPECT_TRUE(found == (Indexes{100, 200}) || found == (Indexes{200, 300})) << life;
    EXPECT_TRUE(!durable || found.back() == 300) << life;
    durable = found.back() == 300;  // what a start has found stays
    end(disk, {.at = 0, .unsynced = Unsynced::kLost, .seed = 1});
  }
  auto store = open_store(disk);
  EXPECT_TRUE(make(*store, 400)) << "it goes on";
  return whole;
}

void crash_everywhere(const Story& story) {
  std::vector<Crash> kinds = {
      {0, std::nullopt, 1}, {0, Unsynced::kLost, 1}, {0, Unsynced::kKept, 1}};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) kinds.push_back({0, Unsynced::kRandom, seed});
  for (const Crash& kind : kinds) {
    for (std::uint64_t at = 1;; ++at) {
      SCOPED_TRACE("operation " + std::to_string(at));
      if (crash_in(story, {at, kind.unsynced, kind.seed})) break;
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(SnapshotCrash, AtEachOperationOfMaking_OldOrNewIsFound) {
  crash_everywhere([](SnapshotStore& store) { return make(store, 300).has_value(); });
}

TEST(SnapshotCrash, AtEachOperationOfReceiving_OldOrNewIsFound) {
  sim::VirtualDisk senders;
  make_folder(senders);
  auto from = open_store(senders);
  ASSERT_TRUE(from);
  const auto sent = make(*from, 300);
  ASSERT_TRUE(sent);
  crash_everywhere(
      [&](SnapshotStore& store) { return transfer(*from, sent->id, store).has_value(); });
}

// An operation that fails, and the process goes on: the attempt may fail, the next one succeeds.
TEST(SnapshotCrash, ErrorAtEachOperation_CostsTheAttemptOnly) {
  for (const auto kind : {IoError::Kind::kIo, IoError::Kind::kNoSpace}) {
    for (std::uint64_t at = 1; at < 15; ++at) {
      SCOPED_TRACE("operation " + std::to_string(at));
      sim::VirtualDisk disk;
      make_two(disk);
      {
        auto store = open_store(disk);
        disk.fail_operation(at, kind);
        const bool first = make(*store, 300, 1).has_value();
        EXPECT_EQ(store->newest()->id.last.index, Index(first ? 300 : 200));
        disk.clear_faults();
        EXPECT_TRUE(first || make(*store, 300, 2));
      }
      end(disk, {.at = 0, .unsynced = Unsynced::kLost, .seed = 1});
      const auto store = open_store(disk);
      ASSERT_TRUE(store);
      EXPECT_EQ(indexes(*store).back(), 300u);
      expect_sound(disk, *store);
    }
  }
}

// A start that is itself killed anywhere.
TEST(SnapshotCrash, AtEachOperationOfAStart_TheNextOneSucceeds) {
  for (std::uint64_t at = 1; at < 20; ++at) {
    sim::VirtualDisk disk;
    make_two(disk);
    {
      auto store = open_store(disk);
      disk.fail_next("remove", IoError::Kind::kIo);
      ASSERT_TRUE(make(*store, 300));
      ASSERT_TRUE(store->begin(meta_at(400), 1));
      disk.power_off_at(1);
    }
    disk.kill_process();
    EXPECT_EQ(files(disk).size(), 4u);
    disk.power_off_at(at);
    (void)open_store(disk);
    end(disk, {.at = 0, .unsynced = Unsynced::kRandom, .seed = at});
    const auto store = open_store(disk);
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_EQ(indexes(*store), (Indexes{200, 300}));
    EXPECT_EQ(files(disk).size(), 2u);
  }
}

}  // namespace
}  // namespace holdfast::storage
