#include "server/client_socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/address.hpp"

namespace holdfast::server {

namespace {

std::string remote_address(const tcp::socket& socket) {
  ErrorCode error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "?:0";
  return Address{endpoint.address().to_string(), endpoint.port()}.to_string();
}

int release(tcp::socket socket) {
  // What fails here fails again when the socket is used.
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  return socket.release();
}

std::expected<std::size_t, ClientSocket::Error> result_of(ssize_t size) {
  if (size >= 0) return static_cast<std::size_t>(size);
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return std::unexpected(later ? ClientSocket::Error::kWouldBlock : ClientSocket::Error::kBroken);
}

}  // namespace

ClientSocket::ClientSocket(tcp::socket socket)
    : address_(remote_address(socket)), fd_(release(std::move(socket))) {}

std::expected<std::size_t, ClientSocket::Error> ClientSocket::read(std::span<char> to) {
  const auto result = result_of(::recv(fd_, to.data(), to.size(), 0));
  if (result == 0) return std::unexpected(Error::kEnded);
  return result;
}

std::expected<std::size_t, ClientSocket::Error> ClientSocket::write(std::string_view bytes) {
  return result_of(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

bool ClientSocket::end_output() {
  return ::shutdown(fd_, SHUT_WR) == 0;
}

void ClientSocket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace holdfast::server
