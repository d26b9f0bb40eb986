#include "server/snapshot_thread.hpp"

#include <utility>

namespace holdfast::server {

SnapshotThread::SnapshotThread(replica::SnapshotWorker worker, Listener& listener)
    : worker_(std::move(worker)), listener_(listener), thread_([this] { work(); }) {}

SnapshotThread::~SnapshotThread() {
  close();
}

void SnapshotThread::run(std::vector<replica::SnapshotJob> jobs) {
  given_.give(std::move(jobs));
}

void SnapshotThread::close() {
  if (!thread_.joinable()) return;
  given_.close();
  thread_.join();
}

void SnapshotThread::work() {
  while (true) {
    std::vector<replica::SnapshotJob> jobs = given_.take();
    for (replica::SnapshotJob& job : jobs) {
      if (given_.is_closing()) return;
      if (auto result = worker_.run(std::move(job))) listener_.snapshot_done(std::move(*result));
    }
    if (jobs.empty()) return;
  }
}

}  // namespace holdfast::server
