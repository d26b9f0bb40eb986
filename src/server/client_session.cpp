#include "server/client_session.hpp"

#include <utility>

namespace holdfast::server {

namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr auto kLingerTime = std::chrono::seconds(1);

bool would_block(const ErrorCode& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

// All sessions read on the node's one thread, each when its socket has something, so one buffer
// serves them all and an idle client costs none.
std::array<char, kReadBytes>& read_buffer() {
  static thread_local std::array<char, kReadBytes> buffer;
  return buffer;
}

std::string remote_address(const tcp::socket& socket) {
  ErrorCode error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "?:0";
  return Address{endpoint.address().to_string(), endpoint.port()}.to_string();
}

}  // namespace

ClientSession::ClientSession(tcp::socket socket, std::uint64_t id,
                             const frontend::Settings& settings, frontend::Port& port, Host& host)
    : socket_(std::move(socket)),
      connection_(id, remote_address(socket_), settings, port, now()),
      host_(host) {}

void ClientSession::start() {
  ErrorCode error;
  socket_.non_blocking(true, error);
  if (error) return close();
  socket_.set_option(tcp::no_delay(true), error);
  socket_.set_option(asio::socket_base::keep_alive(true), error);
  if (state_ == State::kOpen) wait_readable();
}

void ClientSession::refuse(std::string_view text) {
  ErrorCode ignored;
  socket_.non_blocking(true, ignored);
  unsent_ = text;
  send_unsent();
  if (state_ == State::kOpen) linger();
}

void ClientSession::hear(const std::string& monitor_line) {
  if (connection_.hear(monitor_line)) touch();
}

void ClientSession::complete(Instant now, replica::Completion completion) {
  if (state_ != State::kOpen) return;
  connection_.complete(now, completion.key.request, std::move(completion.reply), completion.cost);
  touch();
}

void ClientSession::drain() {
  if (state_ != State::kOpen || drains_) return;
  // What the kernel has was sent before the client could know that we stop.
  if (connection_.wants_read()) readable();
  drains_ = true;
  connection_.end_of_input();
  touch();
}

void ClientSession::announce_move(const Address& address, std::int64_t seconds,
                                  std::int64_t number) {
  if (state_ != State::kOpen || drains_) return;
  if (!connection_.announce_move(address, seconds, number)) return;
  is_told_to_move_ = true;
  touch();
}

void ClientSession::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  linger_timer_.reset();
  ErrorCode ignored;
  socket_.close(ignored);
  host_.closed(connection_.id());
}

void ClientSession::touch() {
  if (is_touched_ || state_ != State::kOpen) return;
  is_touched_ = true;
  host_.touched(shared_from_this());
}

void ClientSession::flush(Instant now) {
  is_touched_ = false;
  if (state_ != State::kOpen) return;
  if (connection_.overflowed()) return close();
  if (unsent_.empty()) {
    unsent_ = connection_.take_output();
    const bool had_output = !unsent_.empty();
    if (had_output && !send_unsent()) return;
    connection_.resume(now);
    // One piece a turn: a client with a long pipeline must not hold up the others.
    if (had_output) return touch();
  }
  if (!unsent_.empty()) return;
  if (connection_.should_close()) return linger();
  if (connection_.wants_read() && !drains_) wait_readable();
}

void ClientSession::wait_readable() {
  if (waits_readable_) return;
  waits_readable_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
    self->waits_readable_ = false;
    if (error || self->state_ == State::kClosed) return;
    self->state_ == State::kOpen ? self->readable() : self->discard_input();
  });
}

void ClientSession::readable() {
  if (drains_) return;
  ErrorCode error;
  const std::size_t size = socket_.read_some(asio::buffer(read_buffer()), error);
  if (would_block(error)) return wait_readable();
  if (error == asio::error::eof) {
    connection_.end_of_input();
  } else if (error) {
    return close();
  } else {
    connection_.receive(now(), {read_buffer().data(), size});
  }
  touch();
}

void ClientSession::wait_writable() {
  if (waits_writable_) return;
  waits_writable_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const ErrorCode& error) {
    self->waits_writable_ = false;
    if (error || self->state_ != State::kOpen) return;
    if (!self->send_unsent()) return;
    // There may be replies that had no room beside the piece that was sent.
    self->connection_.resume(now());
    self->touch();
  });
}

bool ClientSession::send_unsent() {
  while (sent_ < unsent_.size()) {
    ErrorCode error;
    const auto rest = asio::buffer(unsent_.data() + sent_, unsent_.size() - sent_);
    const std::size_t size = socket_.write_some(rest, error);
    if (would_block(error)) {
      wait_writable();
      return false;
    }
    if (error) {
      close();
      return false;
    }
    sent_ += size;
  }
  std::string().swap(unsent_);
  sent_ = 0;
  return true;
}

void ClientSession::linger() {
  state_ = State::kLingering;
  ErrorCode error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  if (error) return close();
  linger_timer_.emplace(socket_.get_executor(), kLingerTime);
  linger_timer_->async_wait([weak = weak_from_this()](const ErrorCode& cancelled) {
    const auto self = weak.lock();
    if (self && !cancelled) self->close();
  });
  wait_readable();
}

void ClientSession::discard_input() {
  ErrorCode error;
  socket_.read_some(asio::buffer(read_buffer()), error);
  if (error && !would_block(error)) return close();
  wait_readable();
}

}  // namespace holdfast::server
