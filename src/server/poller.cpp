#include "server/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace holdfast::server {

namespace {

// What is ready longer than that waits for the next turn.
constexpr Duration kTellTime = std::chrono::milliseconds(5);

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

}  // namespace

Poller::Poller(const asio::any_io_executor& executor, Host& host)
    : epoll_(executor, make_epoll()), host_(host) {
  wait();
}

bool Poller::watch(int socket, std::uint64_t id, For what, bool is_new) {
  epoll_event event{};
  event.events = static_cast<std::uint32_t>(what);
  event.data.u64 = id;
  const int operation = is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  return ::epoll_ctl(epoll_.native_handle(), operation, socket, &event) == 0;
}

void Poller::end_turn() {
  if (!is_waiting_) wait();
}

void Poller::wait() {
  is_waiting_ = true;
  const auto done = [this](const ErrorCode& error = {}) {
    is_waiting_ = false;
    if (!error) tell();
  };
  untold_.empty() ? epoll_.async_wait(asio::posix::descriptor_base::wait_read, done)
                  : asio::post(epoll_.get_executor(), done);
}

void Poller::tell() {
  if (untold_.empty()) {
    const int count =
        ::epoll_wait(epoll_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    untold_ = std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
  }
  for (const Instant end = now() + kTellTime; !untold_.empty() && now() < end;) {
    const epoll_event event = untold_.front();
    untold_ = untold_.subspan(1);
    host_.ready(event.data.u64, (event.events & (EPOLLERR | EPOLLHUP)) != 0);
  }
}

}  // namespace holdfast::server
