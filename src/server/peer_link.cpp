#include "server/peer_link.hpp"

#include <array>
#include <utility>

#include "server/peer_socket.hpp"

namespace holdfast::server {

namespace {

constexpr Duration kPauseMin = std::chrono::milliseconds(50);
constexpr Duration kPauseMax = std::chrono::seconds(1);
// An attempt that has taken so long, when the peer is known to be there: more than two round trips.
constexpr Duration kHung = std::chrono::seconds(1);
// A peer answers a hello with a hello and nothing else.
constexpr std::size_t kAnswerBytesMax = 4096;

}  // namespace

// One connection, from the pause before it on. Its handlers hold it; given up, it has no link any
// more, and what they still report is ignored.
struct PeerLink::Attempt {
  enum class Stage : std::uint8_t { kResting, kDialling, kGreeting, kUp };

  Attempt(asio::io_context& io, PeerLink& owner)
      : link(&owner), resolver(io), socket(io), timer(io) {}

  void give_up() {
    link = nullptr;
    ErrorCode ignored;
    resolver.cancel();
    timer.cancel();
    socket.close(ignored);
  }

  PeerLink* link;
  Stage stage = Stage::kResting;
  tcp::resolver resolver;
  tcp::socket socket;
  asio::steady_timer timer;  // of the pause, then of the greeting
  Instant dialled;
  Instant up_since;
  wire::FrameReader reader{kAnswerBytesMax};
  std::array<char, 1024> input{};
  std::string hello;
  std::vector<wire::Frame> sending;
  bool is_sending = false;
};

PeerLink::PeerLink(asio::io_context& io, Config config, Host& host)
    : io_(io),
      config_(std::move(config)),
      host_(host),
      prng_(config_.seed),
      attempt_(std::make_shared<Attempt>(io, *this)),
      pause_(kPauseMin) {
  dial();
}

PeerLink::~PeerLink() {
  attempt_->give_up();
}

bool PeerLink::is_up() const {
  return attempt_->stage == Attempt::Stage::kUp;
}

void PeerLink::rest() {
  attempt_ = std::make_shared<Attempt>(io_, *this);
  const auto jitter =
      Duration(static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(pause_.count()))));
  attempt_->timer.expires_after(pause_ / 2 + jitter);
  pause_ = std::min(pause_ * 2, kPauseMax);
  attempt_->timer.async_wait([attempt = attempt_](const ErrorCode& cancelled) {
    if (attempt->link && !cancelled) attempt->link->dial_now();
  });
}

void PeerLink::dial_now() {
  if (attempt_->stage == Attempt::Stage::kResting) return dial();
  redial_if_hung();
}

void PeerLink::redial_if_hung() {
  const bool is_trying =
      attempt_->stage == Attempt::Stage::kDialling || attempt_->stage == Attempt::Stage::kGreeting;
  if (!is_trying || now() - attempt_->dialled < kHung) return;
  attempt_->give_up();
  attempt_ = std::make_shared<Attempt>(io_, *this);
  pause_ = kPauseMin;
  dial();
}

void PeerLink::dial() {
  attempt_->stage = Attempt::Stage::kDialling;
  attempt_->dialled = now();
  attempt_->timer.expires_after(kGreetingTimeout);
  attempt_->timer.async_wait([attempt = attempt_](const ErrorCode& cancelled) {
    const bool late = !cancelled && attempt->stage != Attempt::Stage::kUp;
    if (attempt->link && late) attempt->link->fail({"it does not answer"});
  });
  attempt_->resolver.async_resolve(
      config_.address.host, std::to_string(config_.address.port), tcp::resolver::numeric_service,
      [attempt = attempt_](const ErrorCode& error, const auto& results) {
        if (attempt->link) attempt->link->resolved(error, results);
      });
}

void PeerLink::resolved(const ErrorCode& error, const tcp::resolver::results_type& results) {
  if (error) return fail({"its name can't be resolved: " + error.message()});
  asio::async_connect(attempt_->socket, results,
                      [attempt = attempt_](const ErrorCode& code, const tcp::endpoint&) {
                        if (attempt->link) attempt->link->connected(code);
                      });
}

void PeerLink::connected(const ErrorCode& error) {
  if (error) return fail({error.message()});
  attempt_->stage = Attempt::Stage::kGreeting;
  prepare_peer_socket(attempt_->socket);
  config_.hello.knows_receiver = host_.knows(peer());
  attempt_->hello = wire::encode(config_.hello);
  asio::async_write(attempt_->socket, asio::buffer(attempt_->hello),
                    [attempt = attempt_](const ErrorCode& code, std::size_t) {
                      if (attempt->link && code) attempt->link->fail(code);
                    });
  read();
}

// At all times, though a peer sends no more than its hello: so the end of its process is noticed
// when it happens.
void PeerLink::read() {
  attempt_->socket.async_read_some(asio::buffer(attempt_->input),
                                   [attempt = attempt_](const ErrorCode& error, std::size_t size) {
                                     if (!attempt->link) return;
                                     error ? attempt->link->fail(error)
                                           : attempt->link->received(size);
                                   });
}

void PeerLink::received(std::size_t size) {
  attempt_->reader.feed({attempt_->input.data(), size});
  auto item = attempt_->reader.next();
  if (!item) return fail({std::string(wire::to_string(item.error()))});
  if (!*item) return read();
  const auto* hello = std::get_if<wire::Hello>(&**item);
  hello == nullptr ? fail({"it sent what nobody asked for"}) : greeted(*hello);
}

void PeerLink::greeted(const wire::Hello& hello) {
  if (auto objection = object_to(hello, config_.hello.cluster, config_.hello.from)) {
    return fail({*objection});
  }
  if (hello.from != peer()) {
    return fail({"it says that it is node " + std::to_string(hello.from.value())});
  }
  attempt_->stage = Attempt::Stage::kUp;
  attempt_->up_since = now();
  attempt_->timer.cancel();
  read();
  host_.link_up(peer(), hello);
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
                    [attempt = attempt_](const ErrorCode& error, std::size_t) {
                      if (attempt->link) attempt->link->sent(error);
                    });
}

void PeerLink::sent(const ErrorCode& error) {
  if (error) return fail(error);
  attempt_->is_sending = false;
  attempt_->sending.clear();
  flush();
}

// Of a connection that was made.
void PeerLink::fail(const ErrorCode& error) {
  if (error == asio::error::eof) return fail({"it closed the connection", true});
  const bool by_peer = error == asio::error::connection_reset || error == asio::error::broken_pipe;
  fail({error.message(), by_peer});
}

void PeerLink::fail(const Broken& broken) {
  // One that a peer ends as soon as it is up, again and again, is no success.
  const bool lasted = is_up() && now() - attempt_->up_since >= kPauseMax;
  if (lasted) pause_ = kPauseMin;
  attempt_->give_up();
  drop_queue();
  rest();
  host_.link_down(peer(), broken);
}

void PeerLink::drop_queue() {
  queue_.clear();
  queue_bytes_ = 0;
}

}  // namespace holdfast::server
