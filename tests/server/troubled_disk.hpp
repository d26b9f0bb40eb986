#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "storage/posix_disk.hpp"

namespace holdfast::server {

// The real disk, but for a time writing or syncing fails, or syncing does not end.
class TroubledDisk final : public storage::Disk {
 public:
  std::atomic<bool> is_full = false;
  std::atomic<bool> sync_fails = false;

  void stand_still() { stands_still_ = true; }
  void go_on() {
    stands_still_ = false;
    stands_still_.notify_all();
  }
  // Somebody waits for a sync that will not end before go_on().
  void wait_for_waiting() const {
    while (!is_waited_for_) is_waited_for_.wait(false);
  }

  storage::IoResult<std::unique_ptr<storage::File>> open(const std::string& path,
                                                         storage::OpenMode mode) override {
    auto file = disk_.open(path, mode);
    if (!file) return file;
    return std::make_unique<TroubledFile>(*this, std::move(*file));
  }
  storage::IoResult<void> rename(const std::string& from, const std::string& to) override {
    return disk_.rename(from, to);
  }
  storage::IoResult<void> remove(const std::string& path) override { return disk_.remove(path); }
  storage::IoResult<std::vector<std::string>> list(const std::string& dir) override {
    return disk_.list(dir);
  }
  storage::IoResult<void> make_dir(const std::string& path) override {
    return disk_.make_dir(path);
  }
  storage::IoResult<void> sync_dir(const std::string& dir) override { return disk_.sync_dir(dir); }
  storage::IoResult<std::unique_ptr<storage::Lock>> lock(const std::string& path) override {
    return disk_.lock(path);
  }

 private:
  struct TroubledFile final : storage::File {
    TroubledFile(TroubledDisk& d, std::unique_ptr<storage::File> f) : disk(d), file(std::move(f)) {}
    storage::IoResult<std::string> read(std::uint64_t offset, std::size_t size) override {
      return file->read(offset, size);
    }
    storage::IoResult<void> write_at(std::uint64_t offset, std::string_view bytes) override {
      if (disk.is_full) return std::unexpected(error(storage::IoError::Kind::kNoSpace, "write"));
      return file->write_at(offset, bytes);
    }
    storage::IoResult<std::uint64_t> size() override { return file->size(); }
    storage::IoResult<void> allocate(std::uint64_t bytes) override { return file->allocate(bytes); }
    storage::IoResult<void> sync() override {
      if (disk.sync_fails) return std::unexpected(error(storage::IoError::Kind::kIo, "fdatasync"));
      disk.wait_while_still();
      return file->sync();
    }
    static storage::IoError error(storage::IoError::Kind kind, const char* operation) {
      return {kind, "the log", operation, "as the test wants it"};
    }
    TroubledDisk& disk;
    std::unique_ptr<storage::File> file;
  };

  void wait_while_still() {
    if (!stands_still_) return;
    is_waited_for_ = true;
    is_waited_for_.notify_all();
    stands_still_.wait(true);
    is_waited_for_ = false;
  }

  storage::PosixDisk disk_;
  std::atomic<bool> stands_still_ = false;
  std::atomic<bool> is_waited_for_ = false;
};

}  // namespace holdfast::server
