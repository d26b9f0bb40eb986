#include "server/bell.hpp"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace holdfast::server {

namespace {

int make_event() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

Bell::Bell(const asio::any_io_executor& executor) : event_(executor, make_event()) {
  listen();
}

void Bell::ring() {
  if (!is_rung_.exchange(true)) ::eventfd_write(event_.native_handle(), 1);
}

void Bell::listen() {
  event_.async_wait(asio::posix::descriptor_base::wait_read, [this](const ErrorCode& error) {
    if (error) return;
    eventfd_t rings = 0;
    ::eventfd_read(event_.native_handle(), &rings);
    is_rung_ = false;  // what is told from now on rings again
    listen();
  });
}

}  // namespace holdfast::server
