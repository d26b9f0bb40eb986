#include "client/clerk_core.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/planted.hpp"

namespace holdfast::client {

namespace {

constexpr Duration kDistrust = std::chrono::seconds(10);

bool has_prefix(const std::string& error, std::string_view prefix) {
  return error.starts_with(prefix) && error.size() > prefix.size() && error[prefix.size()] == ' ';
}

// Refused by this node for now and certainly not executed: another node, or later.
bool is_passing(const std::string& error) {
  constexpr std::array<std::string_view, 5> kPrefixes{"CLUSTERDOWN", "TRYAGAIN", "LOADING",
                                                      "MASTERDOWN", "MISCONF"};
  return std::ranges::any_of(kPrefixes, [&](auto prefix) { return has_prefix(error, prefix); }) ||
         error == "ERR max number of clients reached";
}

// "MOVED slot host:port"
std::optional<Address> moved_to(const std::string& error) {
  return Address::parse(std::string_view(error).substr(error.rfind(' ') + 1));
}

const std::string* error_text(const resp::Value& reply) {
  const auto* error = std::get_if<resp::Value::Error>(&reply.value);
  return error == nullptr ? nullptr : &error->text;
}

}  // namespace

ClerkCore::ClerkCore(std::vector<Address> endpoints, ClerkOptions options)
    : endpoints_(std::move(endpoints)),
      options_(std::move(options)),
      prng_(options_.seed),
      at_(0),
      pause_(options_.pause_min) {
  CHECK(!endpoints_.empty());
  at_ = prng_.below(endpoints_.size());
}

ClerkCore::Action ClerkCore::start(Instant now, Kind kind, std::vector<std::string> args) {
  CHECK(stage_ == Stage::kIdle);
  kind_ = kind;
  args_ = std::move(args);
  awaits_reply_ = may_be_executed_ = false;
  deadline_ = now + options_.deadline;
  failures_ = 0;
  pause_ = options_.pause_min;
  last_reason_ = "nothing was tried";
  ++request_;
  return next(now);
}

ClerkCore::Action ClerkCore::next(Instant now) {
  if (now >= deadline_) return give_up();
  if (!is_connected_) {
    stage_ = Stage::kConnecting;
    return Connect{target(), std::min(deadline_, now + options_.try_timeout)};
  }
  if (!is_authenticated_ && !options_.password.empty()) {
    return send(now, Stage::kAuth, {"AUTH", options_.password});
  }
  if (!has_located_ && now >= distrust_until_)
    return send(now, Stage::kLocate, {"CLUSTER", "SLOTS"});
  if (kind_ == Kind::kWrite && !session_) return send(now, Stage::kOpen, {"SESSION", "OPEN"});
  return send_request(now);
}

ClerkCore::Action ClerkCore::send(Instant now, Stage stage, std::vector<std::string> args) {
  stage_ = stage;
  return Send{std::move(args), std::min(deadline_, now + options_.try_timeout)};
}

// One command at a time, so no earlier reply is awaited any more when this one goes out.
ClerkCore::Action ClerkCore::send_request(Instant now) {
  awaits_reply_ = true;
  if (planted(Bug::kRetryUnderNewNumber) && may_be_executed_) ++request_;
  std::vector<std::string> args;
  if (kind_ == Kind::kWrite) {
    const std::string number = std::to_string(request_);
    args = {"ONCE", std::to_string(*session_), number, "ACK", number};
  }
  args.insert(args.end(), args_.begin(), args_.end());
  return send(now, Stage::kRequest, std::move(args));
}

ClerkCore::Action ClerkCore::connected(Instant now) {
  CHECK(stage_ == Stage::kConnecting);
  is_connected_ = true;
  is_authenticated_ = has_located_ = false;
  return next(now);
}

ClerkCore::Action ClerkCore::disconnected(Instant now, const std::string& reason) {
  CHECK(stage_ != Stage::kIdle);
  if (std::exchange(awaits_reply_, false)) may_be_executed_ = true;
  return try_elsewhere(now, target().to_string() + ": " + reason);
}

ClerkCore::Action ClerkCore::timed_out(Instant now) {
  if (stage_ == Stage::kResting) return next(now);
  return disconnected(now, "no answer in time");
}

ClerkCore::Action ClerkCore::received(Instant now, resp::Value reply) {
  const std::string* error = error_text(reply);
  if (error != nullptr && is_passing(*error)) {
    awaits_reply_ = false;
    return try_elsewhere(now, target().to_string() + ": " + *error);
  }
  switch (stage_) {
    case Stage::kAuth:
      if (error != nullptr) return fail_at_the_door(*error);
      is_authenticated_ = true;
      return next(now);
    case Stage::kLocate:
      // Any server of this protocol knows it; one that doesn't may still take the command.
      has_located_ = true;
      return next(now);
    case Stage::kOpen:
      return open_reply(now, reply);
    case Stage::kRequest:
      if (error != nullptr) return request_error(now, *error);
      return finish(std::move(reply));
    default:
      return fail(ClerkError::Kind::kProtocol, "a reply that was not asked for");
  }
}

ClerkCore::Action ClerkCore::open_reply(Instant now, const resp::Value& reply) {
  if (const std::string* error = error_text(reply)) {
    if (has_prefix(*error, "UNKNOWN")) return next(now);  // then one is left over, and expires
    return fail(ClerkError::Kind::kRefused, *error);
  }
  const auto* id = std::get_if<std::int64_t>(&reply.value);
  if (id == nullptr) return fail(ClerkError::Kind::kProtocol, "SESSION OPEN answered no number");
  session_ = *id;
  request_ = 1;
  return next(now);
}

ClerkCore::Action ClerkCore::request_error(Instant now, const std::string& text) {
  awaits_reply_ = false;
  if (has_prefix(text, "MOVED")) return follow(now, text);
  if (has_prefix(text, "UNKNOWN")) {
    may_be_executed_ = true;
    return try_elsewhere(now, text);
  }
  if (has_prefix(text, "NOSESSION")) return session_gone(now, text);
  if (has_prefix(text, "NOAUTH")) return fail_at_the_door(text);
  if (has_prefix(text, "STALEREQUEST") || has_prefix(text, "REQUESTREUSED")) {
    return fail(ClerkError::Kind::kProtocol, text);
  }
  return fail(ClerkError::Kind::kRefused, text);
}

// Refused on the first sending: not executed, so a new session may try. On a later one nobody
// knows any more what became of the first.
ClerkCore::Action ClerkCore::session_gone(Instant now, const std::string& text) {
  session_.reset();
  if (may_be_executed_) return fail(ClerkError::Kind::kSessionExpired, text);
  return next(now);
}

// This node let us in no further, which says nothing of what an earlier attempt did elsewhere.
ClerkCore::Action ClerkCore::fail_at_the_door(const std::string& text) {
  return fail(may_be_executed() ? ClerkError::Kind::kUnknown : ClerkError::Kind::kRefused, text);
}

ClerkCore::Action ClerkCore::follow(Instant now, const std::string& moved) {
  const auto address = moved_to(moved);
  if (!address) return fail(ClerkError::Kind::kProtocol, moved);
  is_connected_ = false;
  const auto known = std::ranges::find(endpoints_, *address);
  // Nodes that send each other's clients in a circle don't know the leader yet.
  if (++failures_ > endpoints_.size()) return try_elsewhere(now, moved);
  if (known == endpoints_.end()) {
    hint_ = address;
  } else {
    at_ = static_cast<std::size_t>(known - endpoints_.begin());
    hint_.reset();
  }
  return next(now);
}

// The next node at once; a pause after each round over all of them.
ClerkCore::Action ClerkCore::try_elsewhere(Instant now, const std::string& reason) {
  last_reason_ = reason;
  is_connected_ = false;
  // The leader that others still believe in may be the dead one: let them pass the command on.
  distrust_until_ = now + kDistrust;
  hint_.reset();
  at_ = (at_ + 1) % endpoints_.size();
  if (now >= deadline_) return give_up();
  if (++failures_ % endpoints_.size() != 0) return next(now);
  const auto spread = static_cast<std::uint64_t>(pause_.count());
  const auto rest = pause_ / 2 + Duration(static_cast<std::int64_t>(prng_.below(spread + 1)));
  pause_ = std::min(pause_ * 2, options_.pause_max);
  stage_ = Stage::kResting;
  return Rest{std::min(deadline_, now + rest)};
}

ClerkCore::Action ClerkCore::give_up() {
  return fail(may_be_executed() ? ClerkError::Kind::kUnknown : ClerkError::Kind::kNotExecuted,
              "no answer within the deadline; the last attempt: " + last_reason_);
}

ClerkCore::Action ClerkCore::finish(ClerkResult result) {
  stage_ = Stage::kIdle;
  awaits_reply_ = false;
  return Done{std::move(result)};
}

ClerkCore::Action ClerkCore::fail(ClerkError::Kind kind, std::string text) {
  return finish(std::unexpected(ClerkError{kind, std::move(text)}));
}

}  // namespace holdfast::client
