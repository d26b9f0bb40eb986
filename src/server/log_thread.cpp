#include "server/log_thread.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast::server {

namespace {

constexpr auto kFullDiskRetry = std::chrono::milliseconds(100);
// A borrower that waits for the disk as long as that needs a stand-in.
constexpr auto kPatience = std::chrono::milliseconds(10);
// A disk that took too long is left to this thread for so many times as long.
constexpr int kSlowTimes = 20;
// Looks in vain until a node counts as idle, which costs nothing.
constexpr int kQuietLooksMax = 100;

}  // namespace

LogThread::LogThread(storage::Wal wal, Listener& listener)
    : wal_(std::move(wal)), listener_(listener), thread_([this] { run(); }) {}

LogThread::~LogThread() {
  close();
}

void LogThread::write(std::vector<raft::Persist> batches) {
  if (batches.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(batches, std::back_inserter(given_));
  }
  changed_.notify_one();
}

std::optional<Ticket> LogThread::write_here(std::vector<raft::Persist>& batches,
                                            std::unique_lock<std::mutex>& turns,
                                            Duration patience) {
  if (!borrow()) return std::nullopt;
  std::vector<raft::Persist> taken = std::exchange(batches, {});  // before others may touch it
  const Ticket last = taken.back().ticket;
  turns.unlock();
  const bool is_durable = write_borrowed(std::move(taken), patience);
  if (!turns.try_lock()) {
    listener_.dismiss_stand_in();
    turns.lock();
  }
  return is_durable ? std::optional(last) : std::nullopt;
}

bool LogThread::borrow() {
  const std::lock_guard lock(mutex_);
  const bool is_in_use = is_working_ || lent_since_ || unsynced_ || !given_.empty();
  const auto time = Clock::now();
  if (is_in_use || closing_ || time < slow_until_ || wal_.failed()) return false;
  lent_since_ = time;
  was_lent_ = true;
  if (!std::exchange(watches_, true)) changed_.notify_one();
  return true;
}

bool LogThread::write_borrowed(std::vector<raft::Persist> batches, Duration patience) {
  const Ticket last = batches.back().ticket;
  storage::IoResult<void> synced;
  const bool is_queued = append(std::move(batches));
  if (is_queued) synced = wal_.sync();
  const bool waits = !synced && !wal_.failed();  // for room
  if (!synced && !waits) listener_.log_failed(synced.error().message());
  const std::lock_guard lock(mutex_);
  const auto time = Clock::now();
  const auto taken = time - *std::exchange(lent_since_, std::nullopt);
  if (taken > patience) slow_until_ = time + kSlowTimes * taken;
  is_marked_ = false;
  if (waits) unsynced_ = last;
  if (waits) changed_.notify_one();
  return is_queued && synced.has_value();
}

bool LogThread::is_lent() {
  const std::lock_guard lock(mutex_);
  return lent_since_.has_value();
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
  while (auto work = take()) {
    if (!append(std::move(work->batches)) || !sync()) return;
    listener_.log_persisted(work->last);
  }
  if (const auto closed = wal_.close(); !closed) listener_.log_failed(closed.error().message());
}

// All that was given by now, for which it waits. Nothing: the log is to be closed.
std::optional<LogThread::Work> LogThread::take() {
  std::unique_lock lock(mutex_);
  is_working_ = false;
  while (lent_since_ || (given_.empty() && !unsynced_)) {
    if (closing_ && !lent_since_) return std::nullopt;
    watch(lock);
  }
  is_working_ = true;
  is_marked_ = false;
  const auto left = std::exchange(unsynced_, std::nullopt);
  const Ticket last = given_.empty() ? *left : given_.back().ticket;
  return Work{std::exchange(given_, {}), last};
}

// Waits for anything to change. To be told of each loan would cost what lending saves, so it looks
// at times, as long as there are loans.
void LogThread::watch(std::unique_lock<std::mutex>& lock) {
  if (!watches_ && is_marked_) return changed_.wait(lock);
  if (lent_since_ && Clock::now() - *lent_since_ >= kPatience) {
    lock.unlock();
    listener_.stand_in();
    lock.lock();
    if (!lent_since_) return;
  }
  if (changed_.wait_for(lock, kPatience) == std::cv_status::no_timeout) return;
  const bool was_lent = std::exchange(was_lent_, lent_since_.has_value());
  if (!was_lent && !lent_since_ && !is_marked_) return mark(lock);
  quiet_looks_ = was_lent ? 0 : quiet_looks_ + 1;
  if (quiet_looks_ < kQuietLooksMax) return;
  watches_ = false;
  quiet_looks_ = 0;
}

void LogThread::mark(std::unique_lock<std::mutex>& lock) {
  is_working_ = is_marked_ = true;
  lock.unlock();
  wal_.mark();
  lock.lock();
  is_working_ = false;
}

bool LogThread::append(std::vector<raft::Persist> batches) {
  for (raft::Persist& batch : batches) {
    if (const auto queued = wal_.append(std::move(batch)); !queued) {
      listener_.log_failed(queued.error().message());
      return false;
    }
  }
  return true;
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
