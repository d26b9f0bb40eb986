#pragma once

#include <atomic>
#include <functional>

#include "server/asio.hpp"

namespace holdfast::server {

// Wakes the loop from other threads. asio::post() wakes it while it holds a lock that the awakened
// thread needs first: where both share a processor, that is two switches more for each word.
class Bell {
 public:
  // `heard` is called in the loop, once for however many rings there were by then.
  Bell(const asio::any_io_executor& executor, std::function<void()> heard);

  void ring();  // on any thread

 private:
  void listen();

  asio::posix::stream_descriptor event_;
  std::function<void()> heard_;
  std::atomic<bool> is_rung_ = false;
};

}  // namespace holdfast::server
