#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace holdfast::server {

// Work on its way from the node's thread to another.
template <class Work>
class HandOver {
 public:
  void give(std::vector<Work> work) {
    {
      const std::lock_guard lock(mutex_);
      if (given_.empty()) {
        given_ = std::move(work);
      } else {
        std::ranges::move(work, std::back_inserter(given_));
      }
    }
    changed_.notify_one();
  }
  // Nothing more will be given.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_one();
  }

  // All that was given by now, for which it waits. Nothing: it is closed.
  std::vector<Work> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closing_ || !given_.empty(); });
    return std::exchange(given_, {});
  }
  bool is_closing() {
    const std::lock_guard lock(mutex_);
    return closing_;
  }
  // False: the time has passed.
  bool wait_until_closing(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return closing_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Work> given_;
  bool closing_ = false;
};

}  // namespace holdfast::server
