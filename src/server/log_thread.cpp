#include "server/log_thread.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace holdfast::server {

namespace {

constexpr auto kFullDiskRetry = std::chrono::milliseconds(100);

}  // namespace

LogThread::LogThread(storage::Wal wal, Listener& listener)
    : wal_(std::move(wal)), listener_(listener), thread_([this] { run(); }) {}

LogThread::~LogThread() {
  close();
}

void LogThread::write(std::vector<raft::Persist> batches) {
  {
    const std::lock_guard lock(mutex_);
    if (given_.empty()) {
      given_ = std::move(batches);
    } else {
      std::ranges::move(batches, std::back_inserter(given_));
    }
  }
  changed_.notify_one();
}

void LogThread::close() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LogThread::run() {
  while (true) {
    std::vector<raft::Persist> batches = wait_for_work();
    if (batches.empty()) break;
    const Ticket last = batches.back().ticket;
    for (raft::Persist& batch : batches) {
      if (const auto queued = wal_.append(std::move(batch)); !queued) {
        return listener_.log_failed(queued.error().message());
      }
    }
    if (!sync()) return;
    listener_.log_persisted(last);
  }
  if (const auto closed = wal_.close(); !closed) listener_.log_failed(closed.error().message());
}

std::vector<raft::Persist> LogThread::wait_for_work() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closing_ || !given_.empty(); });
  return std::exchange(given_, {});
}

// False: it will never succeed, or the node stops while the disk is full.
bool LogThread::sync() {
  bool stalled = false;
  while (true) {
    const auto synced = wal_.sync();
    if (synced) {
      if (stalled) listener_.log_stalled(std::nullopt);
      return true;
    }
    if (synced.error().kind != storage::IoError::Kind::kNoSpace || wal_.failed()) {
      listener_.log_failed(synced.error().message());
      return false;
    }
    if (!stalled) listener_.log_stalled(synced.error().message());
    stalled = true;
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kFullDiskRetry, [this] { return closing_; })) return false;
  }
}

}  // namespace holdfast::server
