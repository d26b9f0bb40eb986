#include "server/peer_link.hpp"

#include <array>
#include <utility>

#include "server/peer_socket.hpp"

namespace holdfast::server {

namespace {

constexpr Duration kPauseMin = std::chrono::milliseconds(50);
constexpr Duration kPauseMax = std::chrono::seconds(1);
constexpr auto kGreetingTimeout = std::chrono::seconds(5);
// A peer answers a hello with a hello and nothing else.
constexpr std::size_t kAnswerBytesMax = 4096;

}  // namespace

// One connection, from dialling on. Handlers hold it and compare it with the link's own, so that
// what an earlier connection still reports is ignored.
struct PeerLink::Attempt {
  explicit Attempt(asio::io_context& io) : resolver(io), socket(io) {}

  tcp::resolver resolver;
  tcp::socket socket;
  wire::FrameReader reader{kAnswerBytesMax};
  std::array<char, 1024> input{};
  std::string hello;
  std::vector<wire::Frame> sending;
  bool is_up = false;
  bool is_sending = false;
};

PeerLink::PeerLink(asio::io_context& io, Config config, Host& host)
    : io_(io),
      config_(std::move(config)),
      host_(host),
      prng_(config_.seed),
      timer_(io),
      pause_(kPauseMin) {
  dial();
}

bool PeerLink::is_up() const {
  return attempt_ && attempt_->is_up;
}

void PeerLink::dial_now() {
  if (attempt_) return;
  dial();
}

void PeerLink::dial() {
  attempt_ = std::make_shared<Attempt>(io_);
  timer_.expires_after(kGreetingTimeout);
  timer_.async_wait([this](const ErrorCode& cancelled) {
    if (!cancelled && attempt_ && !attempt_->is_up) fail("it does not answer");
  });
  attempt_->resolver.async_resolve(
      config_.address.host, std::to_string(config_.address.port), tcp::resolver::numeric_service,
      [this, attempt = attempt_](const ErrorCode& error, const auto& results) {
        if (attempt == attempt_) resolved(attempt, error, results);
      });
}

void PeerLink::resolved(const std::shared_ptr<Attempt>& attempt, const ErrorCode& error,
                        const tcp::resolver::results_type& results) {
  if (error) return fail("its name can't be resolved: " + error.message());
  asio::async_connect(attempt->socket, results,
                      [this, attempt](const ErrorCode& code, const tcp::endpoint&) {
                        if (attempt == attempt_) connected(attempt, code);
                      });
}

void PeerLink::connected(const std::shared_ptr<Attempt>& attempt, const ErrorCode& error) {
  if (error) return fail(error.message());
  prepare_peer_socket(attempt->socket);
  attempt->hello = wire::encode(config_.hello);
  asio::async_write(attempt->socket, asio::buffer(attempt->hello),
                    [this, attempt](const ErrorCode& code, std::size_t) {
                      if (attempt == attempt_ && code) fail(code.message());
                    });
  read(attempt);
}

void PeerLink::read(const std::shared_ptr<Attempt>& attempt) {
  attempt->socket.async_read_some(
      asio::buffer(attempt->input), [this, attempt](const ErrorCode& error, std::size_t size) {
        if (attempt != attempt_) return;
        error ? fail(error == asio::error::eof ? "it closed the connection" : error.message())
              : received(attempt, size);
      });
}

void PeerLink::received(const std::shared_ptr<Attempt>& attempt, std::size_t size) {
  attempt->reader.feed({attempt->input.data(), size});
  auto item = attempt->reader.next();
  if (!item) return fail(std::string(wire::to_string(item.error())));
  if (*item) {
    const auto* hello = std::get_if<wire::Hello>(&**item);
    if (hello == nullptr || attempt->is_up) return fail("it sent what nobody asked for");
    if (auto objection = object_to(*hello, config_.hello.cluster, config_.hello.from)) {
      return fail(*objection);
    }
    if (hello->from != peer()) {
      return fail("it says that it is node " + std::to_string(hello->from.value()));
    }
    attempt->is_up = true;
    timer_.cancel();
    pause_ = kPauseMin;
    host_.link_up(peer(), *hello);
  }
  read(attempt);
}

void PeerLink::send(const wire::PeerMessage& message) {
  if (!is_up()) return;
  if (queue_bytes_ > config_.queue_bytes_max) {
    // The peer takes nothing: what waits would be stale when it does.
    drop_queue();
    return host_.link_overflowed(peer());
  }
  queue_.push_back(wire::encode(message));
  queue_bytes_ += queue_.back().size();
}

void PeerLink::flush() {
  if (!is_up() || attempt_->is_sending || queue_.empty()) return;
  attempt_->is_sending = true;
  attempt_->sending = std::exchange(queue_, {});
  queue_bytes_ = 0;
  std::vector<asio::const_buffer> buffers;
  for (const wire::Frame& frame : attempt_->sending) {
    buffers.push_back(asio::buffer(frame.head));
    for (const Payload& payload : frame.payloads) {
      if (payload.size() > 0) buffers.push_back(asio::buffer(payload.view()));
    }
  }
  asio::async_write(attempt_->socket, buffers,
                    [this, attempt = attempt_](const ErrorCode& error, std::size_t) {
                      if (attempt == attempt_) sent(attempt, error);
                    });
}

void PeerLink::sent(const std::shared_ptr<Attempt>& attempt, const ErrorCode& error) {
  if (error) return fail(error.message());
  attempt->is_sending = false;
  attempt->sending.clear();
  flush();
}

void PeerLink::fail(const std::string& reason) {
  ErrorCode ignored;
  attempt_->resolver.cancel();
  attempt_->socket.close(ignored);
  attempt_.reset();
  drop_queue();
  const auto jitter =
      Duration(static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(pause_.count()))));
  timer_.expires_after(pause_ / 2 + jitter);
  pause_ = std::min(pause_ * 2, kPauseMax);
  timer_.async_wait([this](const ErrorCode& cancelled) {
    if (!cancelled && !attempt_) dial();
  });
  host_.link_down(peer(), reason);
}

void PeerLink::drop_queue() {
  queue_.clear();
  queue_bytes_ = 0;
}

}  // namespace holdfast::server
