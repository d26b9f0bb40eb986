#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "resp/reply_parser.hpp"

namespace holdfast::client {

using Clock = std::chrono::steady_clock;

// A blocking connection to one server, in RESP2. Errors are texts for people; after one, the
// connection is of no further use. One thread.
class Connection {
 public:
  template <class T>
  using Result = std::expected<T, std::string>;

  [[nodiscard]] static Result<Connection> connect(const Address& address, Clock::time_point until);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  [[nodiscard]] Result<void> send(const std::vector<std::string>& args, Clock::time_point until);
  [[nodiscard]] Result<void> send_bytes(std::string_view bytes, Clock::time_point until);
  // The next reply; they come in the order of the requests.
  [[nodiscard]] Result<resp::Value> receive(Clock::time_point until);
  // Sends, then receives.
  [[nodiscard]] Result<resp::Value> call(const std::vector<std::string>& args,
                                         Clock::duration timeout = std::chrono::seconds(10));

  int socket() const { return socket_; }

 private:
  explicit Connection(int socket) : socket_(socket) {}

  int socket_;
  resp::ReplyParser parser_;
};

}  // namespace holdfast::client
