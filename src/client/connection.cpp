#include "client/connection.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "resp/reply_writer.hpp"

namespace holdfast::client {

namespace {

constexpr std::size_t kReadBytes = 64 << 10;

std::unexpected<std::string> failed(const std::string& what, int code) {
  return std::unexpected(what + ": " + std::generic_category().message(code));
}

// 0, or ETIMEDOUT, or poll's own error.
int wait_for(int socket, short events, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd wanted{socket, events, 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(std::clamp<long>(left, 0, 1 << 30)));
    if (ready > 0) return 0;
    if (ready == 0) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
}

int connect_socket(int socket, const addrinfo& address, Clock::time_point until) {
  if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (const int error = wait_for(socket, POLLOUT, until)) return error;
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

Connection::Result<Connection> Connection::connect(const Address& address,
                                                   Clock::time_point until) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (const int error = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found)) {
    return std::unexpected(std::string("the name can't be resolved: ") + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* next = found; next != nullptr; next = next->ai_next) {
    Connection connection(::socket(next->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (connection.socket_ < 0) return failed("socket", errno);
    const int on = 1;
    ::setsockopt(connection.socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    error = connect_socket(connection.socket_, *next, until);
    if (error == 0) return connection;
  }
  return failed("connect", error);
}

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), parser_(std::move(other.parser_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(parser_, other.parser_);
  return *this;
}

Connection::Result<void> Connection::send(const std::vector<std::string>& args,
                                          Clock::time_point until) {
  std::string bytes;
  resp::write_request(args, bytes);
  return send_bytes(bytes, until);
}

Connection::Result<void> Connection::send_bytes(std::string_view bytes, Clock::time_point until) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {
      if (const int error = wait_for(socket_, POLLOUT, until)) return failed("send", error);
    } else if (errno != EINTR) {
      return failed("send", errno);
    }
  }
  return {};
}

Connection::Result<resp::Value> Connection::receive(Clock::time_point until) {
  using Event = resp::ReplyParser::Event;
  std::array<char, kReadBytes> buffer;
  while (true) {
    const Event event = parser_.next();
    if (event == Event::kReply) return parser_.take();
    if (event == Event::kError) return std::unexpected("not a reply: " + parser_.error());
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size > 0) {
      parser_.feed({buffer.data(), static_cast<std::size_t>(size)});
    } else if (size == 0) {
      return std::unexpected("the server closed the connection");
    } else if (errno == EAGAIN) {
      if (const int error = wait_for(socket_, POLLIN, until)) return failed("receive", error);
    } else if (errno != EINTR) {
      return failed("receive", errno);
    }
  }
}

Connection::Result<resp::Value> Connection::call(const std::vector<std::string>& args,
                                                 Clock::duration timeout) {
  const auto until = Clock::now() + timeout;
  if (auto sent = send(args, until); !sent) return std::unexpected(sent.error());
  return receive(until);
}

}  // namespace holdfast::client
