#pragma once

#include <atomic>

#include "server/asio.hpp"

namespace holdfast::server {

// Wakes the loop from other threads. asio::post() wakes it while it holds a lock that the awakened
// thread needs first: where both share a processor, that is two switches more for each word.
class Bell {
 public:
  explicit Bell(const asio::any_io_executor& executor);

  // On any thread. The loop runs a handler, one for however many rings there were by then.
  void ring();

 private:
  void listen();

  asio::posix::stream_descriptor event_;
  std::atomic<bool> is_rung_ = false;
};

}  // namespace holdfast::server
