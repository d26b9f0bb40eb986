// Logs that lose their front while the process is killed or the power fails, anywhere.
#include <gtest/gtest.h>

#include "storage/recovery.hpp"
#include "storage/snapshot_fixture.hpp"

namespace holdfast::storage {
namespace {

using Unsynced = sim::VirtualDisk::Unsynced;

raft::Position last_of(const raft::Restored& restored) {
  const auto& entries = restored.entries;
  return {restored.base.index.plus(entries.size()),
          entries.empty() ? restored.base.term : entries.back().term};
}

// Nothing: not in the log, or its term is not known.
std::optional<Term> term_at(const raft::Restored& log, Index index) {
  if (index < log.base.index || index > last_of(log).index) return {};
  if (index == log.base.index) return log.base.term;
  return log.entries[index.value() - log.base.index.value() - 1].term;
}

raft::Position newest_of(const SnapshotStore& store) {
  const auto newest = store.newest();
  return newest ? newest->id.last : raft::Position{};
}

// How a life ends: only the process, or the power, and then this much of the unsynced stays.
struct End {
  std::optional<Unsynced> unsynced;
  std::uint64_t seed = 1;

  void come(sim::VirtualDisk& disk) const {
    Prng prng(seed);
    if (unsynced) {
      disk.power_on(*unsynced, prng);
    } else {
      disk.kill_process();
    }
  }
};

std::vector<End> all_ends() {
  std::vector<End> ends = {{std::nullopt}, {Unsynced::kLost}, {Unsynced::kKept}};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) ends.push_back({Unsynced::kRandom, seed});
  return ends;
}

// What a node does that installs a snapshot: its log of 12 entries in as many segments ends before
// the snapshot of entry 300 or contradicts it.
class Install {
 public:
  explicit Install(const SnapshotStore& from) : from_(from) {
    make_folder(disk_);
    auto opened = open_wal(disk_);
    auto store = open_store(disk_);
    EXPECT_TRUE(make(*store, 5));
    EXPECT_TRUE(opened->wal.append(vote(2, 3)));
    for (std::uint64_t i = 1; i <= 12; ++i) {
      EXPECT_TRUE(opened->wal.append(entries(i, {entry(1, std::string(3000, 'x'))})));
      EXPECT_TRUE(opened->wal.sync());
    }
  }

  // Whether it came to its end.
  bool run_until(std::uint64_t operation) {
    const auto before = disk_.operations();
    disk_.power_off_at(operation);
    run();
    return disk_.operations() - before < operation;
  }
  void end(const End& end) { end.come(disk_); }
  void expect_old_or_new() {
    const auto opened = open_wal(disk_);
    ASSERT_TRUE(opened) << opened.error().message();
    const auto store = open_store(disk_);
    ASSERT_TRUE(store) << store.error().message();
    expect_sound(disk_, *store);
    const auto& log = opened->restored;
    const auto continues = check_continues(kDir, newest_of(*store), log);
    ASSERT_TRUE(continues) << continues.error().message();
    const bool has_snapshot = newest_of(*store).index == Index(300);
    if (log.base.index < Index(300)) {
      EXPECT_EQ(last_of(log).index, Index(12)) << "the old log, perhaps without its front";
      EXPECT_FALSE(reset_is_durable_);
    } else {
      EXPECT_TRUE(has_snapshot) << "the log was reset to a snapshot that is not there";
      EXPECT_EQ(log.base, (raft::Position{Index(300), Term(2)}));
      EXPECT_TRUE(log.entries.empty() || log.entries.front().term == Term(2));
    }
    EXPECT_TRUE(has_snapshot || !snapshot_is_durable_);
    EXPECT_GE(last_of(log).index, acknowledged_);
  }

 private:
  void run() {
    auto opened = open_wal(disk_);
    auto store = open_store(disk_);
    if (!opened || !store) return;
    Wal& wal = opened->wal;
    if (!transfer(from_, from_.newest()->id, *store, 100)) return;
    snapshot_is_durable_ = true;
    auto batch = reset(300, 2);
    batch.first_needed = Index(301);
    if (!wal.append(batch) || !wal.sync()) return;
    reset_is_durable_ = true;
    for (std::uint64_t i = 301; i <= 303; ++i) {
      if (!wal.append(entries(i, {entry(2, std::string(3000, 'y'))})) || !wal.sync()) return;
      acknowledged_ = Index(i);
    }
  }

  const SnapshotStore& from_;
  sim::VirtualDisk disk_;
  bool snapshot_is_durable_ = false;
  bool reset_is_durable_ = false;
  Index acknowledged_;
};

TEST(CompactionCrash, AtEachOperationOfAnInstall_OldOrNewIsFound) {
  sim::VirtualDisk senders;
  make_folder(senders);
  auto from = open_store(senders);
  ASSERT_TRUE(from);
  ASSERT_TRUE(make(*from, 300));
  for (const End& end : all_ends()) {
    bool finished = false;
    for (std::uint64_t at = 1; !finished && !testing::Test::HasFailure(); ++at) {
      SCOPED_TRACE("operation " + std::to_string(at));
      Install install(*from);
      finished = install.run_until(at);
      install.end(end);
      install.expect_old_or_new();
      install.end({Unsynced::kLost});
      install.expect_old_or_new();
    }
  }
}

// Nothing but the front goes, and nothing that is needed.
TEST(CompactionCrash, AtEachOperationOfDropping_NoHoleIsLeft) {
  for (const End& end : all_ends()) {
    bool finished = false;
    for (std::uint64_t at = 1; !finished && !testing::Test::HasFailure(); ++at) {
      SCOPED_TRACE("operation " + std::to_string(at));
      sim::VirtualDisk disk;
      make_folder(disk);
      History history;
      {
        auto opened = open_wal(disk);
        const auto put = [&](const raft::Persist& batch) {
          history.add(batch);
          return opened->wal.append(batch) && opened->wal.sync();
        };
        ASSERT_TRUE(put(vote(1, 3)));
        for (std::uint64_t i = 1; i <= 8; ++i) {
          ASSERT_TRUE(put(entries(i, {entry(1, std::string(3000, 'x'))})));
        }
        disk.power_off_at(at);
        finished = put(drop_before(5)) && put(drop_before(8));
      }
      end.come(disk);
      for (int life = 0; life < 2; ++life) {
        const auto opened = open_wal(disk);
        ASSERT_TRUE(opened) << opened.error().message();
        ASSERT_EQ(history.find(opened->restored), history.last());
        EXPECT_LT(opened->restored.base.index, Index(8));
        End{Unsynced::kLost}.come(disk);
      }
    }
  }
}

// A node in small: entries come and are replaced, become committed and part of a snapshot, and the
// log loses its front or is reset, all at random; one life after another on one disk, each ended
// at a random operation. What is found is a state that the log went through, with all that was
// acknowledged, and goes on from the newest snapshot or before.
class CompactingLives {
 public:
  explicit CompactingLives(std::uint64_t seed) : prng_(seed) { make_folder(disk_); }

  void run(int lives) {
    for (int i = 0; i < lives && !testing::Test::HasFatalFailure(); ++i) {
      disk_.power_off_at(1 + prng_.below(250));
      live();
      if (prng_.below(4) == 0) {
        disk_.kill_process();
      } else {
        disk_.power_on(static_cast<Unsynced>(prng_.below(3)), prng_);
      }
    }
    drops_ = disk_.count("remove");
  }
  std::uint64_t drops() const { return drops_; }
  int resets() const { return resets_; }

 private:
  void live() {
    auto opened = open_wal(disk_);
    if (!opened) {
      const auto message = opened.error().message();
      ASSERT_NE(message.find("as told by the test"), std::string::npos) << message;
      return;
    }
    const raft::Restored& log = opened->restored;
    const auto found = history_.find(log);
    ASSERT_TRUE(found) << "found what was never written";
    ASSERT_GE(*found, acknowledged_) << "lost what was acknowledged";
    const auto continues = check_continues(kDir, snapshot_, log);
    ASSERT_TRUE(continues) << continues.error().message();
    ASSERT_LE(log.base.index, std::max(snapshot_.index, first_needed_.prev()));
    history_.go_back_to(*found);
    acknowledged_ = *found;
    if (term_at(log, snapshot_.index) != snapshot_.term && !put(opened->wal, reset_to_snapshot())) {
      return;
    }
    while (!testing::Test::HasFatalFailure() && put(opened->wal, random_batch())) {
    }
  }

  bool put(Wal& wal, const raft::Persist& batch) {
    history_.add(batch);
    if (!wal.append(batch)) return false;
    if (prng_.below(3) == 0) return true;
    if (prng_.below(20) == 0) disk_.fail_next("allocate", IoError::Kind::kNoSpace);
    if (!wal.sync()) return !wal.failed();
    acknowledged_ = history_.last();
    return true;
  }

  raft::Persist reset_to_snapshot() {
    ++resets_;
    auto batch = reset(snapshot_.index.value(), snapshot_.term.value());
    batch.first_needed = first_needed_ = snapshot_.index.next();
    // A snapshot may be durable before the term of its last entry is.
    if (snapshot_.term > history_.state().hard_state.term) {
      batch.hard_state = raft::HardState{snapshot_.term, NodeId()};
    }
    return batch;
  }

  raft::Persist random_batch() {
    const raft::Restored& log = history_.state();
    const auto last = last_of(log).index;
    const auto choice = prng_.below(20);
    if (choice == 0 && log.hard_state.term) {  // sent by a leader
      const Index behind = snapshot_.index.next();
      const Index from = prng_.below(2) == 0 ? behind : std::max(behind, last);
      snapshot_ = {from.plus(prng_.below(5)), log.hard_state.term};
      return reset_to_snapshot();
    }
    if (choice < 4 && last > snapshot_.index && acknowledged_ == history_.last()) {  // made here
      const Index index =
          snapshot_.index.plus(1 + prng_.below(last.value() - snapshot_.index.value()));
      snapshot_ = {index, *term_at(log, index)};
      first_needed_ = std::max(first_needed_, Index(index.value() + 1 - prng_.below(3)));
      return drop_before(first_needed_.value());
    }
    return random_entries(last);
  }

  raft::Persist random_entries(Index last) {
    raft::Persist batch;
    auto term = history_.state().hard_state.term;
    if (!term || prng_.below(5) == 0) {
      term = term.next();
      batch.hard_state = raft::HardState{term, NodeId(prng_.below(4))};
      if (prng_.below(2) == 0) return batch;
    }
    const auto open_entries = last.value() - snapshot_.index.value();
    const auto replaced = prng_.below(3) == 0 ? prng_.below(open_entries + 1) : 0;
    batch.first = Index(last.value() + 1 - replaced);
    for (auto n = 1 + prng_.below(4); n > 0; --n) {
      const auto size = prng_.below(3) == 0 ? prng_.below(3000) : prng_.below(300);
      batch.entries.push_back(
          entry(term.value(), std::to_string(++written_) + std::string(size, 'x')));
    }
    return batch;
  }

  sim::VirtualDisk disk_;
  Prng prng_;
  History history_;
  std::size_t acknowledged_ = 0;
  raft::Position snapshot_;  // the newest: durable, as far as this test goes
  Index first_needed_;
  std::uint64_t written_ = 0;
  std::uint64_t drops_ = 0;
  int resets_ = 0;
};

TEST(CompactionCrash, LivesAtRandom_LoseNothingThatIsNeeded) {
  std::uint64_t drops = 0;
  int resets = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    CompactingLives lives(seed);
    lives.run(12);
    drops += lives.drops();
    resets += lives.resets();
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(drops, 1000u);
  EXPECT_GT(resets, 1000);
}

}  // namespace
}  // namespace holdfast::storage
