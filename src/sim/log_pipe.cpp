#include "sim/log_pipe.hpp"

#include <iterator>
#include <utility>

namespace holdfast::sim {

namespace {

constexpr Duration kFullDiskRetry = std::chrono::milliseconds(100);
constexpr std::uint64_t kOperationsOfAGroup = 12;  // about: more with a new segment

}  // namespace

void LogPipe::write(const DiskSpeed& speed, std::vector<raft::Persist> batches) {
  speed_ = speed;
  std::ranges::move(batches, std::back_inserter(given_));
  if (writing_.empty()) begin();
}

void LogPipe::begin() {
  writing_ = std::exchange(given_, {});
  appended_ = false;
  Duration time = dice_.mostly_low(speed_.sync_min, speed_.sync_max);
  if (dice_.chance(speed_.stall)) time += dice_.between(Duration(0), speed_.stall_max);
  events_.after(time, what_, [this, alive = alive_] {
    if (*alive) finish();
  });
}

void LogPipe::finish() {
  if (!std::exchange(appended_, true)) {
    for (const raft::Persist& batch : writing_) {
      if (const auto queued = wal_.append(batch); !queued) {
        return listener_.log_failed(queued.error().message());
      }
    }
  }
  const auto synced = wal_.sync();
  if (!synced && synced.error().kind == storage::IoError::Kind::kNoSpace && !wal_.failed()) {
    listener_.log_stalled(true);
    return events_.after(kFullDiskRetry, what_, [this, alive = alive_] {
      if (*alive) retry();
    });
  }
  if (!synced) return listener_.log_failed(synced.error().message());
  listener_.log_persisted(std::exchange(writing_, {}));
  if (given_.empty()) {
    wal_.mark();
  } else {
    begin();
  }
}

void LogPipe::retry() {
  finish();
  if (!wal_.has_queued()) listener_.log_stalled(false);
}

void LogPipe::interrupt(VirtualDisk& disk) {
  if (writing_.empty()) return;
  disk.power_off_at(dice_.between(1, kOperationsOfAGroup));
  if (!appended_) {
    for (const raft::Persist& batch : writing_) {
      if (!wal_.append(batch)) return;
    }
  }
  static_cast<void>(wal_.sync());
  wal_.mark();
}

}  // namespace holdfast::sim
