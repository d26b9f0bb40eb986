#include "server/removal_watch.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "server/join.hpp"

namespace holdfast::server {

namespace {

constexpr auto kInterval = std::chrono::seconds(2);

// False: it is to stop.
bool wait(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any condition;
  std::unique_lock lock(mutex);
  condition.wait_for(lock, stop, kInterval, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

RemovalWatch::RemovalWatch(const Options& options, raft::Position added_at,
                           std::function<void()> removed)
    : thread_([&options, added_at, removed = std::move(removed)](const std::stop_token& stop) {
        while (wait(stop)) {
          if (was_removed(options, added_at, stop)) return removed();
        }
      }) {}

}  // namespace holdfast::server
