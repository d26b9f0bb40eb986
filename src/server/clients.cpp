#include "server/clients.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <ranges>
#include <utility>

namespace holdfast::server {

namespace {

// Clients over the maximum that are just being told so. Over this, connections are only closed.
constexpr std::size_t kRefusedMax = 128;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

}  // namespace

Clients::Clients(tcp::acceptor acceptor, std::size_t clients_max,
                 const frontend::Settings& settings, frontend::Port& port, Host& host)
    : acceptor_(std::move(acceptor)),
      poller_(acceptor_.get_executor(), *this),
      accept_pause_(acceptor_.get_executor()),
      clients_max_(clients_max),
      settings_(settings),
      port_(port),
      host_(host) {}

void Clients::accept() {
  acceptor_.async_accept([this](const ErrorCode& error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    took(error, std::move(socket));
  });
}

void Clients::took(const ErrorCode& error, tcp::socket socket) {
  if (error) {
    // Out of descriptors, most likely: those that are connected are served, and it may pass.
    spdlog::warn("can't accept a client: {}", error.message());
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](const ErrorCode& cancelled) {
      if (!cancelled && acceptor_.is_open()) accept();
    });
    return;
  }
  ++accepted_;
  if (sessions_.size() < clients_max_ + kRefusedMax) {
    const bool full = sessions_.size() >= clients_max_;
    ClientSession::Host& host = *this;
    const auto session = std::make_shared<ClientSession>(std::move(socket), accepted_, settings_,
                                                         port_, poller_, host);
    sessions_.emplace(accepted_, session);
    full ? session->refuse("-ERR max number of clients reached\r\n") : session->start();
    if (full && ++refused_ == 1) {
      spdlog::warn("refused a client: {} are connected, the maximum (--max-clients)", clients_max_);
    }
  }
  accept();
}

void Clients::complete(Instant now, replica::Completion completion) {
  const auto found = sessions_.find(completion.key.client);
  if (found == sessions_.end()) return;
  found->second->complete(now, std::move(completion));
}

void Clients::tell_monitors(const std::string& line) {
  for (const auto& session : sessions_ | std::views::values) session->hear(line);
}

void Clients::flush(Instant now) {
  for (const auto& session : std::exchange(touched_, {})) session->flush(now);
  poller_.end_turn();
}

std::size_t Clients::announce_move(const Address& address, std::int64_t seconds) {
  ++announced_;
  for (const auto& session : sessions_ | std::views::values) {
    session->announce_move(address, seconds, announced_);
  }
  return told_to_move();
}

void Clients::stop_accepting() {
  ErrorCode ignored;
  acceptor_.close(ignored);
}

void Clients::drain_untold() {
  // drain() may find that the client is gone and take the session out of the map.
  const auto sessions = sessions_;
  for (const auto& session : sessions | std::views::values) {
    if (!session->is_told_to_move()) session->drain();
  }
}

void Clients::drain() {
  const auto sessions = sessions_;
  for (const auto& session : sessions | std::views::values) session->drain();
}

std::size_t Clients::told_to_move() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(sessions_ | std::views::values,
                            [](const auto& session) { return session->is_told_to_move(); }));
}

bool Clients::is_idle() const {
  return std::ranges::all_of(sessions_ | std::views::values,
                             [](const auto& session) { return session->is_idle(); });
}

void Clients::close_all() {
  // close() takes the session out of the map.
  const auto sessions = sessions_;
  for (const auto& session : sessions | std::views::values) session->close();
}

std::string Clients::list(Instant now) const {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, session] : sessions_) ids.push_back(id);
  std::ranges::sort(ids);
  std::string text;
  for (const std::uint64_t id : ids) text += sessions_.at(id)->connection().describe(now) + "\n";
  return text;
}

std::size_t Clients::kill(std::optional<std::uint64_t> id,
                          const std::optional<std::string>& address) {
  std::vector<std::shared_ptr<ClientSession>> victims;
  for (const auto& [session_id, session] : sessions_) {
    const bool matches =
        (!id || *id == session_id) && (!address || *address == session->connection().address());
    if (matches) victims.push_back(session);
  }
  // Later: one of them may be in the middle of asking for this.
  for (const auto& session : victims) {
    asio::post(acceptor_.get_executor(), [session] { session->close(); });
  }
  return victims.size();
}

void Clients::touched(std::shared_ptr<ClientSession> session) {
  touched_.push_back(std::move(session));
}

void Clients::ready(std::uint64_t id, bool is_broken) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  // It may close and so take itself out of the map.
  const auto session = found->second;
  session->ready(is_broken);
}

void Clients::closed(std::uint64_t id) {
  sessions_.erase(id);
  host_.client_closed(id);
}

}  // namespace holdfast::server
