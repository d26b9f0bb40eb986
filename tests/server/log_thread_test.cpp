#include "server/log_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "storage/data_folder.hpp"
#include "storage/posix_disk.hpp"

namespace holdfast::server {
namespace {

using storage::IoError;
using storage::IoResult;

// The real disk, but for a time writing or syncing fails.
class TroubledDisk final : public storage::Disk {
 public:
  std::atomic<bool> is_full = false;
  std::atomic<bool> sync_fails = false;

  IoResult<std::unique_ptr<storage::File>> open(const std::string& path,
                                                storage::OpenMode mode) override {
    auto file = disk_.open(path, mode);
    if (!file) return file;
    return std::make_unique<TroubledFile>(*this, std::move(*file));
  }
  IoResult<void> rename(const std::string& from, const std::string& to) override {
    return disk_.rename(from, to);
  }
  IoResult<void> remove(const std::string& path) override { return disk_.remove(path); }
  IoResult<std::vector<std::string>> list(const std::string& dir) override {
    return disk_.list(dir);
  }
  IoResult<void> make_dir(const std::string& path) override { return disk_.make_dir(path); }
  IoResult<void> sync_dir(const std::string& dir) override { return disk_.sync_dir(dir); }
  IoResult<std::unique_ptr<storage::Lock>> lock(const std::string& path) override {
    return disk_.lock(path);
  }

 private:
  struct TroubledFile final : storage::File {
    TroubledFile(TroubledDisk& d, std::unique_ptr<storage::File> f) : disk(d), file(std::move(f)) {}
    IoResult<std::string> read(std::uint64_t offset, std::size_t size) override {
      return file->read(offset, size);
    }
    IoResult<void> write_at(std::uint64_t offset, std::string_view bytes) override {
      if (disk.is_full) return std::unexpected(error(IoError::Kind::kNoSpace, "write"));
      return file->write_at(offset, bytes);
    }
    IoResult<std::uint64_t> size() override { return file->size(); }
    IoResult<void> allocate(std::uint64_t bytes) override { return file->allocate(bytes); }
    IoResult<void> sync() override {
      if (disk.sync_fails) return std::unexpected(error(IoError::Kind::kIo, "fdatasync"));
      return file->sync();
    }
    static IoError error(IoError::Kind kind, const char* operation) {
      return {kind, "the log", operation, "as the test wants it"};
    }
    TroubledDisk& disk;
    std::unique_ptr<storage::File> file;
  };

  storage::PosixDisk disk_;
};

// What the log's thread said, and waiting for it.
class Heard final : public LogThread::Listener {
 public:
  void log_persisted(Ticket ticket) override { set(persisted_, ticket.value()); }
  void log_stalled(std::optional<std::string> reason) override { set(stalled_, reason ? 1 : 2); }
  void log_failed(const std::string&) override { set(failed_, 1); }

  void wait_persisted(std::uint64_t ticket) { wait(persisted_, ticket); }
  void wait_stalled(bool stalled) { wait(stalled_, stalled ? 1 : 2); }
  void wait_failed() { wait(failed_, 1); }
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

}  // namespace
}  // namespace holdfast::server
