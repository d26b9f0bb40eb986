#include "server/client_session.hpp"

#include <utility>

namespace holdfast::server {

namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr auto kLingerTime = std::chrono::seconds(1);

// All sessions read on the node's one thread, each when its socket has something, so one buffer
// serves them all and an idle client costs none.
std::array<char, kReadBytes>& read_buffer() {
  static thread_local std::array<char, kReadBytes> buffer;
  return buffer;
}

}  // namespace

ClientSession::ClientSession(tcp::socket socket, std::uint64_t id,
                             const frontend::Settings& settings, frontend::Port& port,
                             Poller& poller, Host& host)
    : socket_(std::move(socket)),
      connection_(id, socket_.address(), settings, port, now()),
      poller_(poller),
      host_(host) {}

void ClientSession::start() {
  watch(Poller::For::kInput);
}

void ClientSession::refuse(std::string_view text) {
  unsent_ = text;
  send_unsent();
  if (state_ == State::kOpen) linger();
}

void ClientSession::watch(Poller::For what) {
  if (state_ == State::kClosed || watched_ == what) return;
  if (!poller_.watch(socket_.fd(), connection_.id(), what, !watched_)) return close();
  watched_ = what;
}

void ClientSession::ready(bool is_broken) {
  switch (*watched_) {
    case Poller::For::kInput:
      return state_ == State::kOpen ? readable() : discard_input();
    case Poller::For::kOutput:
      return writable();
    case Poller::For::kNothing:
      // Else it had something when it was still watched for it.
      if (is_broken) close();
  }
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
  watch(unsent_.empty() ? Poller::For::kNothing : Poller::For::kOutput);
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
  socket_.close();
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
  if (connection_.wants_read() && !drains_) watch(Poller::For::kInput);
}

void ClientSession::readable() {
  if (drains_) return;
  const auto size = socket_.read(read_buffer());
  if (size) {
    connection_.receive(now(), {read_buffer().data(), *size});
  } else if (size.error() == ClientSocket::Error::kEnded) {
    connection_.end_of_input();
  } else if (size.error() == ClientSocket::Error::kBroken) {
    return close();
  }
  // It is watched again when there is room.
  if (!connection_.wants_read()) watch(Poller::For::kNothing);
  touch();
}

void ClientSession::writable() {
  if (!send_unsent()) return;
  // There may be replies that had no room beside the piece that was sent.
  watch(Poller::For::kNothing);
  connection_.resume(now());
  touch();
}

bool ClientSession::send_unsent() {
  while (sent_ < unsent_.size()) {
    const auto size = socket_.write(std::string_view(unsent_).substr(sent_));
    if (!size) {
      size.error() == ClientSocket::Error::kWouldBlock ? watch(Poller::For::kOutput) : close();
      return false;
    }
    sent_ += *size;
  }
  std::string().swap(unsent_);
  sent_ = 0;
  return true;
}

void ClientSession::linger() {
  state_ = State::kLingering;
  if (!socket_.end_output()) return close();
  linger_timer_.emplace(poller_.executor(), kLingerTime);
  linger_timer_->async_wait([weak = weak_from_this()](const ErrorCode& cancelled) {
    const auto self = weak.lock();
    if (self && !cancelled) self->close();
  });
  watch(Poller::For::kInput);
}

void ClientSession::discard_input() {
  const auto size = socket_.read(read_buffer());
  if (!size && size.error() != ClientSocket::Error::kWouldBlock) close();
}

}  // namespace holdfast::server
