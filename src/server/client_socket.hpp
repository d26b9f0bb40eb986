#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "server/asio.hpp"

namespace holdfast::server {

// A client's socket, taken out of Asio's hands, which would watch it as well (see Poller).
class ClientSocket {
 public:
  enum class Error { kWouldBlock, kEnded, kBroken };

  explicit ClientSocket(tcp::socket socket);
  ~ClientSocket() { close(); }
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  int fd() const { return fd_; }
  const std::string& address() const { return address_; }  // the client's, HOST:PORT

  std::expected<std::size_t, Error> read(std::span<char> to);
  std::expected<std::size_t, Error> write(std::string_view bytes);
  // Ends what the client reads, behind what was written. False: it is broken.
  bool end_output();
  void close();

 private:
  std::string address_;
  int fd_;
};

}  // namespace holdfast::server
