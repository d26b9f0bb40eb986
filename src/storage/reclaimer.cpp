#include "storage/reclaimer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast::storage {
namespace {

// Of these, devices took less than a millisecond.
constexpr std::uint64_t kStepBytes = 2 << 20;
constexpr auto kPause = std::chrono::milliseconds(10);
// With more to give back there are no pauses: files are removed faster than that.
constexpr std::uint64_t kPatientBytes = 512 << 20;

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
    waiting_.push_back({std::move(file), bytes});
    bytes_ += bytes;
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  changed_.notify_one();
}

void Reclaimer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (closing_) return;
    Removed removed = std::move(waiting_.front());
    waiting_.pop_front();
    while (!closing_ && removed.bytes > 0) {
      const auto before = removed.bytes;
      lock.unlock();
      if (!shrink(removed)) removed.bytes = 0;
      lock.lock();
      bytes_ -= before - removed.bytes;
      if (bytes_ < kPatientBytes) changed_.wait_for(lock, kPause, [this] { return closing_; });
    }
  }
}

// Synced, since what is given back in one transaction of the file system's is discarded at once.
bool Reclaimer::shrink(Removed& removed) {
  removed.bytes -= std::min(removed.bytes, kStepBytes);
  return ::ftruncate(removed.file.get(), static_cast<off_t>(removed.bytes)) == 0 &&
         ::fdatasync(removed.file.get()) == 0;
}

}  // namespace holdfast::storage
