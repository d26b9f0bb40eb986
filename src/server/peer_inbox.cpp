#include "server/peer_inbox.hpp"

#include <array>
#include <utility>

#include "server/peer_socket.hpp"

namespace holdfast::server {

namespace {

constexpr std::size_t kReadBytes = 256 << 10;
constexpr int kReadsMax = 4;  // of one inbox in a row
constexpr std::size_t kFrameBytesMax = 1 << 30;

// One thread reads all inboxes, each when its socket has something.
std::array<char, kReadBytes>& read_buffer() {
  static thread_local std::array<char, kReadBytes> buffer;
  return buffer;
}

}  // namespace

PeerInbox::PeerInbox(tcp::socket socket, Host& host)
    : socket_(std::move(socket)),
      greeting_timer_(socket_.get_executor(), kGreetingTimeout),
      host_(host),
      reader_(kFrameBytesMax) {
  ErrorCode error;
  const auto endpoint = socket_.remote_endpoint(error);
  if (!error) address_ = Address{endpoint.address().to_string(), endpoint.port()}.to_string();
}

void PeerInbox::start() {
  ErrorCode error;
  socket_.non_blocking(true, error);
  if (error) return close(error.message());
  prepare_peer_socket(socket_);
  greeting_timer_.async_wait([weak = weak_from_this()](const ErrorCode& cancelled) {
    const auto self = weak.lock();
    if (self && !cancelled) self->close("it said no hello");
  });
  read();
}

void PeerInbox::close(const std::string& reason) {
  if (!is_open_) return;
  is_open_ = false;
  greeting_timer_.cancel();
  ErrorCode ignored;
  socket_.close(ignored);
  host_.closed(*this, reason);
}

void PeerInbox::read() {
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
    if (!self->is_open_) return;
    if (error) return self->close(error.message());
    self->read_some();
    if (self->is_open_) self->read();
  });
}

void PeerInbox::read_arrived() {
  for (int reads = 0; reads < kReadsMax && read_some(); ++reads) {
  }
}

bool PeerInbox::read_some() {
  if (!is_open_) return false;
  ErrorCode code;
  const auto read = [&](std::span<char> to) {
    return socket_.read_some(asio::buffer(to.data(), to.size()),
                             code);  // zero if there is an error
  };
  if (reader_.awaits_payloads()) {
    reader_.read_payloads(read);
  } else {
    reader_.feed({read_buffer().data(), read(read_buffer())});
  }
  if (code == asio::error::would_block) return false;
  // A peer that ends a connection says no more than that it is gone; its own log says why.
  if (code) {
    close(code == asio::error::eof ? std::string() : code.message());
    return false;
  }
  take_all();
  return is_open_;
}

void PeerInbox::take_all() {
  while (is_open_) {
    auto item = reader_.next();
    if (!item) return refuse(item.error());
    if (!*item) return;
    take(std::move(**item));
  }
}

void PeerInbox::take(wire::FrameReader::Item item) {
  if (auto* hello = std::get_if<wire::Hello>(&item)) return take_hello(*hello);
  host_.received(peer(), std::move(std::get<wire::PeerMessage>(item)));
}

void PeerInbox::take_hello(const wire::Hello& hello) {
  greeting_timer_.cancel();
  const auto objection = host_.judge(hello);
  // Answered in either case: the peer will see for itself what is wrong, and log it.
  write_then(wire::encode(host_.answer(hello.from)), objection.value_or(std::string()));
  if (objection || !is_open_) return;
  hello_ = hello;
  host_.greeted(hello);
}

void PeerInbox::refuse(wire::FrameError error) {
  const std::string reason(wire::to_string(error));
  if (error == wire::FrameError::kNotAPeer) {
    return write_then("-ERR this port is for Holdfast's nodes among themselves\r\n", reason);
  }
  if (error == wire::FrameError::kOtherVersion) {
    return write_then(wire::encode(host_.answer(NodeId{})), reason);
  }
  close(reason);
}

// Few bytes on a connection that has carried none: the kernel takes them at once.
void PeerInbox::write_then(std::string bytes, const std::string& reason_to_close) {
  ErrorCode error;
  asio::write(socket_, asio::buffer(bytes), error);
  if (error) return close(error.message());
  if (reason_to_close.empty()) return;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  close(reason_to_close);
}

}  // namespace holdfast::server
