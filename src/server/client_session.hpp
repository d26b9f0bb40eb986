#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "frontend/connection.hpp"
#include "server/client_socket.hpp"
#include "server/poller.hpp"

namespace holdfast::server {

// One client's socket around its frontend::Connection. Bytes are read when the socket has some,
// and written at the end of the turn by flush(), which the host calls for each session that
// called touched().
//
//   open -> (replies sent, nothing more to come) -> lingering -> closed
//      \________________ error, kill, overflow ________________/
//
// Lingering: our side is shut down and what still arrives is discarded for at most a second.
// Closing with unread input would make the kernel reset the connection, and the last reply, which
// says what was wrong, would be lost.
class ClientSession : public std::enable_shared_from_this<ClientSession> {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    virtual void touched(std::shared_ptr<ClientSession> session) = 0;
    virtual void closed(std::uint64_t id) = 0;
  };

  // `poller` is to call ready() under this number.
  ClientSession(tcp::socket socket, std::uint64_t id, const frontend::Settings& settings,
                frontend::Port& port, Poller& poller, Host& host);

  void start();
  void ready(bool is_broken);
  // Says this, and closes.
  void refuse(std::string_view text);
  void complete(Instant now, replica::Completion completion);
  void hear(const std::string& monitor_line);
  void flush(Instant now);
  // Reads no more than has arrived by now; what was asked is answered.
  void drain();
  // As Connection::announce_move. It is served until it goes, or until drain().
  void announce_move(const Address& address, std::int64_t seconds, std::int64_t number);
  bool is_told_to_move() const { return is_told_to_move_; }
  void close();

  bool is_idle() const { return state_ != State::kOpen || (unsent_.empty() && !is_touched_); }
  const frontend::Connection& connection() const { return connection_; }

 private:
  enum class State : std::uint8_t { kOpen, kLingering, kClosed };

  void touch();
  void watch(Poller::For what);
  void readable();
  void discard_input();
  void writable();
  // False: it could not be sent whole.
  bool send_unsent();
  void linger();

  ClientSocket socket_;
  frontend::Connection connection_;
  Poller& poller_;
  Host& host_;
  State state_ = State::kOpen;
  bool is_touched_ = false;
  std::optional<Poller::For> watched_;
  bool drains_ = false;
  bool is_told_to_move_ = false;
  std::string unsent_;
  std::size_t sent_ = 0;  // of unsent_
  std::optional<asio::steady_timer> linger_timer_;
};

}  // namespace holdfast::server
