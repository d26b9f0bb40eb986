#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "server/asio.hpp"

namespace holdfast::server {

// Many sockets that are watched together. Asio makes a system call for each wait; here a socket
// that is watched stays so, and one call a turn finds all that have something.
class Poller {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    // The socket that is watched under this number has what it was watched for when the turn began,
    // or has broken.
    virtual void ready(std::uint64_t id, bool is_broken) = 0;
  };
  enum class For : std::uint32_t { kNothing = 0, kInput = EPOLLIN, kOutput = EPOLLOUT };

  Poller(const asio::any_io_executor& executor, Host& host);

  // From now on, and instead of what it was watched for; it ends when the socket is closed. False:
  // the system has no room for it.
  [[nodiscard]] bool watch(int socket, std::uint64_t id, For what, bool is_new);
  auto executor() { return epoll_.get_executor(); }
  // Once a turn: the next turn may find what is ready.
  void end_turn();

 private:
  void wait();
  void tell();

  asio::posix::stream_descriptor epoll_;
  Host& host_;
  std::array<epoll_event, 256> events_;
  std::span<epoll_event> untold_;  // of them
  bool is_waiting_ = false;
};

}  // namespace holdfast::server
