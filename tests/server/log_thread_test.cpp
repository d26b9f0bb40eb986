#include "server/log_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "server/troubled_disk.hpp"
#include "storage/data_folder.hpp"

namespace holdfast::server {
namespace {

// What the log's thread said, and waiting for it.
class Heard final : public LogThread::Listener {
 public:
  void log_persisted(Ticket ticket) override { set(persisted_, ticket.value()); }
  void log_stalled(std::optional<std::string> reason) override { set(stalled_, reason ? 1 : 2); }
  void log_failed(const std::string&) override { set(failed_, 1); }
  void stand_in() override { set(stood_in_, 1); }
  void dismiss_stand_in() override {}

  void wait_persisted(std::uint64_t ticket) { wait(persisted_, ticket); }
  void wait_stalled(bool stalled) { wait(stalled_, stalled ? 1 : 2); }
  void wait_failed() { wait(failed_, 1); }
  void wait_stood_in() { wait(stood_in_, 1); }
  std::uint64_t persisted() const { return persisted_; }
  bool failed() const { return failed_ != 0; }

 private:
  static void set(std::atomic<std::uint64_t>& value, std::uint64_t to) {
    value = to;
    value.notify_all();
  }
  static void wait(std::atomic<std::uint64_t>& value, std::uint64_t wanted) {
    for (auto seen = value.load(); seen != wanted; seen = value.load()) value.wait(seen);
  }

  std::atomic<std::uint64_t> persisted_ = 0;
  std::atomic<std::uint64_t> stalled_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::uint64_t> stood_in_ = 0;
};

class LogThreadTest : public testing::Test {
 protected:
  LogThreadTest() {
    std::string name = std::filesystem::temp_directory_path() / "holdfast-log-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    EXPECT_TRUE(storage::DataFolder::open(disk_, folder_, {1, NodeId(1)}));
  }
  ~LogThreadTest() override { std::filesystem::remove_all(folder_); }

  storage::Wal::Opened open() {
    auto opened = storage::Wal::open(disk_, folder_, {1, NodeId(1), 1 << 20});
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }
  static std::vector<raft::Persist> batch(std::uint64_t n) {
    raft::Persist persist;
    persist.ticket = Ticket(n);
    if (n == 1) persist.hard_state = raft::HardState{Term(1), NodeId(1)};
    persist.first = Index(n);
    persist.entries = {{Term(1), raft::EntryKind::kCommand, Payload("x")}};
    return {persist};
  }

  // Until what the log says of itself proves its last group.
  void wait_marked() {
    struct Nothing final : storage::LogVisitor {
      void segment(const std::string&, const storage::SegmentHeader&) override {}
      void record(storage::ScannedRecord) override {}
    };
    for (bool marked = false; !marked;) {
      Nothing nothing;
      const auto end = storage::read_log(disk_, folder_, nothing);
      ASSERT_TRUE(end);
      marked = end->has_records && end->marked;
    }
  }

  std::string folder_;
  TroubledDisk disk_;
  Heard heard_;
};

TEST_F(LogThreadTest, WhatIsReported_IsThereAfterwards) {
  {
    LogThread log(open().wal, heard_);
    for (std::uint64_t n = 1; n <= 100; ++n) log.write(batch(n));
    heard_.wait_persisted(100);
    log.close();
  }
  EXPECT_EQ(open().restored.entries.size(), 100u);
}

TEST_F(LogThreadTest, Close_WritesWhatWasGiven) {
  {
    LogThread log(open().wal, heard_);
    for (std::uint64_t n = 1; n <= 10; ++n) log.write(batch(n));
    log.close();
  }
  EXPECT_EQ(open().restored.entries.size(), 10u);
}

// Kills: a last group of which nothing ever says that it was durable, be it for months.
TEST_F(LogThreadTest, NothingToDo_TheEndIsMarked) {
  LogThread log(open().wal, heard_);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    log.write(batch(n));
    heard_.wait_persisted(n);
    wait_marked();
  }
}

TEST_F(LogThreadTest, FullDisk_IsSaidAndWaitedFor) {
  LogThread log(open().wal, heard_);
  disk_.is_full = true;
  log.write(batch(1));
  heard_.wait_stalled(true);
  EXPECT_EQ(heard_.persisted(), 0u);
  disk_.is_full = false;
  heard_.wait_persisted(1);
  EXPECT_FALSE(heard_.failed());
  log.write(batch(2));
  heard_.wait_persisted(2);
}

TEST_F(LogThreadTest, CloseOnAFullDisk_DoesNotWait) {
  {
    LogThread log(open().wal, heard_);
    disk_.is_full = true;
    log.write(batch(1));
    heard_.wait_stalled(true);
    log.close();
    disk_.is_full = false;
  }
  EXPECT_EQ(heard_.persisted(), 0u);
  EXPECT_EQ(open().restored.entries.size(), 0u);
}

TEST_F(LogThreadTest, FailedSync_IsFinal) {
  LogThread log(open().wal, heard_);
  disk_.sync_fails = true;
  log.write(batch(1));
  heard_.wait_failed();
  disk_.sync_fails = false;
  log.write(batch(2));
  log.close();
  EXPECT_EQ(heard_.persisted(), 0u) << "nothing is reported as durable after it";
}

// What the node's thread writes by itself.
class WriteHere : public LogThreadTest {
 protected:
  std::optional<Ticket> write_here(LogThread& log, std::uint64_t n) {
    auto batches = batch(n);
    const auto written = log.write_here(batches, turns_, std::chrono::milliseconds(5));
    log.write(std::move(batches));
    return written;
  }

  std::mutex mutex_;
  std::unique_lock<std::mutex> turns_{mutex_};
};

TEST_F(WriteHere, BesidesWhatTheThreadWrites_AllIsThereInOrder) {
  {
    LogThread log(open().wal, heard_);
    for (std::uint64_t n = 1; n <= 100; ++n) {
      if (n % 3 == 0) {
        log.write(batch(n));
      } else if (!write_here(log, n)) {
        heard_.wait_persisted(n);
      }
    }
    log.close();
  }
  EXPECT_EQ(open().restored.entries.size(), 100u);
}

TEST_F(WriteHere, IdleThread_LendsTheLog) {
  LogThread log(open().wal, heard_);
  EXPECT_EQ(write_here(log, 1), Ticket(1));
  EXPECT_TRUE(turns_.owns_lock());
}

// Kills: a node that hears nothing while its disk stands still.
TEST_F(WriteHere, NothingToDo_TheEndIsMarked) {
  LogThread log(open().wal, heard_);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    if (!write_here(log, n)) heard_.wait_persisted(n);
    wait_marked();
  }
}

TEST_F(WriteHere, SlowDisk_HasAStandInAndThenTheThread) {
  LogThread log(open().wal, heard_);
  disk_.stand_still();
  std::jthread other([&] {
    heard_.wait_stood_in();
    const std::unique_lock stand_in(mutex_, std::try_to_lock);
    EXPECT_TRUE(stand_in.owns_lock()) << "the node's affairs are free meanwhile";
    EXPECT_TRUE(log.is_lent());
    disk_.go_on();
  });
  EXPECT_EQ(write_here(log, 1), Ticket(1));
  EXPECT_FALSE(log.is_lent());
  EXPECT_FALSE(write_here(log, 2)) << "it is left to the thread for a while";
  heard_.wait_persisted(2);
}

TEST_F(WriteHere, FullDisk_IsLeftToTheThread) {
  LogThread log(open().wal, heard_);
  disk_.is_full = true;
  EXPECT_FALSE(write_here(log, 1));
  heard_.wait_stalled(true);
  disk_.is_full = false;
  heard_.wait_persisted(1);
}

TEST_F(WriteHere, FailedSync_IsFinal) {
  LogThread log(open().wal, heard_);
  disk_.sync_fails = true;
  EXPECT_FALSE(write_here(log, 1));
  heard_.wait_failed();
  disk_.sync_fails = false;
  EXPECT_FALSE(write_here(log, 2));
  log.close();
  EXPECT_EQ(heard_.persisted(), 0u);
}

}  // namespace
}  // namespace holdfast::server
