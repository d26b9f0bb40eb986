#include "sim/snapshot_pipe.hpp"

#include <utility>

namespace holdfast::sim {

namespace {

constexpr Duration kJobMin = std::chrono::microseconds(50);
constexpr Duration kJobMax = std::chrono::milliseconds(20);
constexpr std::uint64_t kOperationsOfAJob = 8;  // about: the last one of making a snapshot

}  // namespace

void SnapshotPipe::run(std::vector<replica::SnapshotJob> jobs) {
  const bool is_idle = jobs_.empty();
  for (replica::SnapshotJob& job : jobs) jobs_.push_back(std::move(job));
  if (is_idle && !jobs_.empty()) begin();
}

void SnapshotPipe::begin() {
  events_.after(dice_.mostly_low(kJobMin, kJobMax), what_, [this, alive = alive_] {
    if (*alive) finish();
  });
}

void SnapshotPipe::finish() {
  auto result = worker_.run(std::move(jobs_.front()));
  jobs_.pop_front();
  if (!jobs_.empty()) begin();
  if (result) listener_.snapshot_done(std::move(*result));
}

void SnapshotPipe::interrupt(VirtualDisk& disk) {
  if (jobs_.empty()) return;
  disk.power_off_at(dice_.between(1, kOperationsOfAJob));
  static_cast<void>(worker_.run(std::move(jobs_.front())));
  jobs_.clear();
}

}  // namespace holdfast::sim
