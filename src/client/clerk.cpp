#include "client/clerk.hpp"

#include <random>
#include <thread>
#include <utility>

#include "base/overload.hpp"

namespace holdfast::client {

namespace {

using Action = ClerkCore::Action;

constexpr auto kCloseTimeout = std::chrono::milliseconds(200);

Instant now() {
  return Instant(std::chrono::duration_cast<Duration>(Clock::now().time_since_epoch()));
}

Clock::time_point to_clock(Instant instant) {
  return Clock::time_point(instant.time_since_epoch());
}

ClerkOptions with_seed(ClerkOptions options) {
  while (options.seed == 0) options.seed = std::random_device()();
  return options;
}

ClerkError nonsense(const std::string& what) {
  return {ClerkError::Kind::kProtocol, what + " got a reply of another type"};
}

}  // namespace

Clerk::Clerk(std::vector<Address> endpoints, ClerkOptions options)
    : core_(std::move(endpoints), with_seed(std::move(options))) {}

Clerk::~Clerk() {
  if (!connection_ || !core_.session()) return;
  const std::vector<std::string> close{"SESSION", "CLOSE", std::to_string(*core_.session())};
  static_cast<void>(connection_->call(close, kCloseTimeout));
}

Clerk::Result<void> Clerk::put(const std::string& key, const std::string& value) {
  const auto reply = write({"SET", key, value});
  if (!reply) return std::unexpected(reply.error());
  return {};
}

Clerk::Result<std::optional<std::string>> Clerk::get(const std::string& key) {
  auto reply = read({"GET", key});
  if (!reply) return std::unexpected(reply.error());
  if (std::holds_alternative<resp::Value::Null>(reply->value)) return std::nullopt;
  auto* bulk = std::get_if<resp::Value::Bulk>(&reply->value);
  if (bulk == nullptr) return std::unexpected(nonsense("GET"));
  return std::move(bulk->bytes);
}

Clerk::Result<std::int64_t> Clerk::append(const std::string& key, const std::string& value) {
  const auto reply = write({"APPEND", key, value});
  if (!reply) return std::unexpected(reply.error());
  const auto* length = std::get_if<std::int64_t>(&reply->value);
  if (length == nullptr) return std::unexpected(nonsense("APPEND"));
  return *length;
}

Clerk::Result<resp::Value> Clerk::write(std::vector<std::string> args) {
  return run(ClerkCore::Kind::kWrite, std::move(args));
}

Clerk::Result<resp::Value> Clerk::read(std::vector<std::string> args) {
  return run(ClerkCore::Kind::kRead, std::move(args));
}

ClerkResult Clerk::run(ClerkCore::Kind kind, std::vector<std::string> args) {
  Action action = core_.start(now(), kind, std::move(args));
  while (!std::holds_alternative<ClerkCore::Done>(action)) {
    action = std::visit(Overload{[](ClerkCore::Done& done) -> Action { return std::move(done); },
                                 [this](auto& todo) { return carry_out(todo); }},
                        action);
  }
  return std::get<ClerkCore::Done>(std::move(action)).result;
}

Action Clerk::carry_out(const ClerkCore::Connect& connect) {
  connection_.reset();
  auto made = Connection::connect(connect.address, to_clock(connect.until));
  if (!made) return core_.disconnected(now(), made.error());
  connection_ = std::move(*made);
  return core_.connected(now());
}

Action Clerk::carry_out(const ClerkCore::Send& send) {
  const auto until = to_clock(send.until);
  const auto sent = connection_->send(send.args, until);
  if (!sent) return core_.disconnected(now(), sent.error());
  auto reply = connection_->receive(until);
  if (!reply) return core_.disconnected(now(), reply.error());
  return core_.received(now(), std::move(*reply));
}

Action Clerk::carry_out(const ClerkCore::Rest& rest) {
  std::this_thread::sleep_until(to_clock(rest.until));
  return core_.timed_out(now());
}

}  // namespace holdfast::client
