#include "server/log_thread.hpp"

#include <chrono>
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
  given_.give(std::move(batches));
}

void LogThread::close() {
  if (!thread_.joinable()) return;
  given_.close();
  thread_.join();
}

void LogThread::run() {
  while (true) {
    std::vector<raft::Persist> batches = given_.take();
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
    if (given_.wait_until_closing(kFullDiskRetry)) return false;
  }
}

}  // namespace holdfast::server
