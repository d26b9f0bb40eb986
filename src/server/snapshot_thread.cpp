#include "server/snapshot_thread.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast::server {

SnapshotThread::SnapshotThread(replica::SnapshotWorker worker, Listener& listener)
    : worker_(std::move(worker)), listener_(listener), thread_([this] { work(); }) {}

SnapshotThread::~SnapshotThread() {
  close();
}

void SnapshotThread::run(std::vector<replica::SnapshotJob> jobs) {
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(jobs, std::back_inserter(given_));
  }
  changed_.notify_one();
}

void SnapshotThread::close() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SnapshotThread::work() {
  while (true) {
    std::vector<replica::SnapshotJob> jobs = wait_for_work();
    for (replica::SnapshotJob& job : jobs) {
      if (is_closing()) return;
      if (auto result = worker_.run(std::move(job))) listener_.snapshot_done(std::move(*result));
    }
    if (jobs.empty()) return;
  }
}

std::vector<replica::SnapshotJob> SnapshotThread::wait_for_work() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closing_ || !given_.empty(); });
  return std::exchange(given_, {});
}

bool SnapshotThread::is_closing() {
  const std::lock_guard lock(mutex_);
  return closing_;
}

}  // namespace holdfast::server
