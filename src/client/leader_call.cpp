#include "client/leader_call.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <span>
#include <thread>
#include <utility>

namespace holdfast::client {

namespace {

constexpr auto kPause = std::chrono::milliseconds(200);
constexpr auto kPatience = std::chrono::seconds(2);  // with a node that should answer at once

bool starts_with_any(const std::string& text, std::span<const std::string_view> starts) {
  return std::ranges::any_of(starts,
                             [&](std::string_view start) { return text.starts_with(start); });
}

// Another node leads by now, or will soon: certainly not executed by this one.
bool is_elsewhere(const std::string& error) {
  constexpr std::array<std::string_view, 3> kStarts{"ERR this node is not the leader",
                                                    "CLUSTERDOWN ", "LOADING "};
  return starts_with_any(error, kStarts);
}

// Begun, and its end could not be waited for.
bool is_unfinished(const std::string& error) {
  constexpr std::array<std::string_view, 2> kStarts{"UNKNOWN ", "TRYAGAIN "};
  return starts_with_any(error, kStarts);
}

bool is_about_password(const std::string& error) {
  constexpr std::array<std::string_view, 3> kStarts{"NOAUTH ", "WRONGPASS ", "ERR AUTH "};
  return starts_with_any(error, kStarts);
}

}  // namespace

LeaderCall::LeaderCall(std::vector<Address> endpoints, std::string password,
                       Clock::time_point deadline)
    : endpoints_(std::move(endpoints)), password_(std::move(password)), deadline_(deadline) {}

std::expected<resp::Value, LeaderCall::Error> LeaderCall::run(
    const std::vector<std::string>& args) {
  while (true) {
    if (auto ended = attempt(args)) return std::move(*ended);
    if (!rest(nullptr)) return std::unexpected(gave_up());
  }
}

// Nothing: to be tried again.
std::optional<std::expected<resp::Value, LeaderCall::Error>> LeaderCall::attempt(
    const std::vector<std::string>& args) {
  const auto leader = find_leader();
  if (!leader) return std::unexpected(leader.error());
  const bool may_be_taken_before = may_be_taken_;
  auto reply = ask(*leader, args);
  if (!reply) {
    last_reason_ = leader->to_string() + ": " + reply.error();
    return std::nullopt;
  }
  const auto* error = std::get_if<resp::Value::Error>(&reply->value);
  if (error == nullptr) return std::move(*reply);
  last_reason_ = error->text;
  if (is_unfinished(error->text)) return std::nullopt;
  may_be_taken_ = may_be_taken_before;
  if (is_elsewhere(error->text)) return std::nullopt;
  return std::unexpected(Error{Error::Kind::kRefused, error->text});
}

std::expected<Address, LeaderCall::Error> LeaderCall::find_leader() {
  while (true) {
    const auto found = look_around();
    if (!found) return std::unexpected(found.error());
    if (*found) return **found;
    if (!rest(nullptr)) return std::unexpected(gave_up());
  }
}

// Asks each node that is known, and each that those name as the leader.
std::expected<std::optional<Address>, LeaderCall::Error> LeaderCall::look_around() {
  std::string reasons;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    const Address address = endpoints_[i];
    const auto status = ask_status(address, password_);
    if (!status && is_about_password(status.error())) {
      return std::unexpected(Error{Error::Kind::kRefused, status.error()});
    }
    if (status && status->leads()) {
      std::rotate(endpoints_.begin(), endpoints_.begin() + static_cast<std::ptrdiff_t>(i),
                  endpoints_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return address;
    }
    if (status) {
      if (const auto leader = Address::parse(status->text("leader_address"))) learn(*leader);
    }
    reasons += (reasons.empty() ? "" : "; ") + address.to_string() + ": " +
               (status ? "it does not lead" : status.error());
  }
  last_reason_ = "no node is known to lead: " + reasons;
  return std::nullopt;
}

void LeaderCall::learn(const Address& address) {
  if (std::ranges::find(endpoints_, address) == endpoints_.end()) endpoints_.push_back(address);
}

std::expected<resp::Value, std::string> LeaderCall::ask(const Address& leader,
                                                        const std::vector<std::string>& args) {
  const auto soon = std::min(deadline_, Clock::now() + kPatience);
  auto connection = Connection::connect(leader, soon);
  if (!connection) return std::unexpected(connection.error());
  if (!password_.empty()) {
    const auto sent = connection->send({"AUTH", password_}, soon);
    if (!sent) return std::unexpected(sent.error());
    auto reply = connection->receive(soon);
    if (!reply || reply->is_error()) return reply;
  }
  may_be_taken_ = true;
  if (const auto sent = connection->send(args, soon); !sent) return std::unexpected(sent.error());
  if (!wait_for_answer(*connection, leader)) return std::unexpected("no answer came");
  auto reply = connection->receive(Clock::now() + kPatience);
  answered_ = std::move(*connection);
  return reply;
}

std::expected<NodeStatus, std::string> LeaderCall::ask_who_answered() {
  return ask_status(*answered_, kPatience);
}

bool LeaderCall::wait_for_answer(Connection& connection, const Address& leader) {
  pollfd readable{connection.socket(), POLLIN, 0};
  auto ask_again_at = Clock::now() + kPatience;
  while (::poll(&readable, 1, static_cast<int>(kPause.count())) <= 0) {
    if (!rest(&leader)) return false;
    if (Clock::now() < ask_again_at) continue;
    // A machine that fails says no goodbye.
    if (!ask_status(leader, password_, kPatience)) return false;
    ask_again_at = Clock::now() + kPatience;
  }
  return true;
}

bool LeaderCall::rest(const Address* leader) {
  if (watch_ && !watch_(leader)) is_told_to_stop_ = true;
  if (is_told_to_stop_ || Clock::now() >= deadline_) return false;
  if (leader == nullptr) std::this_thread::sleep_until(std::min(deadline_, Clock::now() + kPause));
  return true;
}

LeaderCall::Error LeaderCall::gave_up() const {
  return {may_be_taken_ ? Error::Kind::kUnfinished : Error::Kind::kNotDone, last_reason_};
}

}  // namespace holdfast::client
