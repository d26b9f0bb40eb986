#include "storage/reclaimer.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

namespace holdfast::storage {
namespace {

// Of these, devices took less than a millisecond. With very much to give back a step is larger:
// room must not come back more slowly than it is used.
constexpr std::uint64_t kStepBytes = 2 << 20;
constexpr std::uint64_t kBytesOfSmallSteps = 512 << 20;
constexpr auto kPause = std::chrono::milliseconds(10);
constexpr std::size_t kFilesMax = 64;  // more are given back at once

}  // namespace

Reclaimer::~Reclaimer() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Reclaimer::give(Descriptor file, std::uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kFilesMax || !has_thread()) return;
    waiting_.push_back({std::move(file), bytes});
    bytes_ += bytes;
  }
  changed_.notify_one();
}

bool Reclaimer::has_thread() {
  if (thread_.joinable()) return true;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    return false;  // the system has no more of them
  }
  return true;
}

void Reclaimer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (closing_) return;
    std::optional<Removed> removed = std::move(waiting_.front());
    waiting_.pop_front();
    while (!closing_ && removed) {
      const auto before = removed->bytes;
      const auto step = kStepBytes * std::max<std::uint64_t>(1, bytes_ / kBytesOfSmallSteps);
      lock.unlock();
      const bool goes_on = shrink(*removed, step);
      if (!goes_on) removed.reset();
      lock.lock();
      bytes_ -= before - (goes_on ? removed->bytes : 0);
      changed_.wait_for(lock, kPause, [this] { return closing_; });
    }
  }
}

// Synced, since what is given back in one transaction of the file system's is discarded at once.
bool Reclaimer::shrink(Removed& removed, std::uint64_t step) {
  removed.bytes -= std::min(removed.bytes, step);
  return ::ftruncate(removed.file.get(), static_cast<off_t>(removed.bytes)) == 0 &&
         ::fdatasync(removed.file.get()) == 0 && removed.bytes > 0;
}

}  // namespace holdfast::storage
