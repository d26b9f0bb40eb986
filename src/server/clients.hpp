#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "replica/types.hpp"
#include "server/client_session.hpp"

namespace holdfast::server {

// Accepts clients and keeps their sessions.
class Clients final : private ClientSession::Host, private Poller::Host {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    virtual void client_closed(std::uint64_t id) = 0;
  };

  // The acceptor listens already.
  Clients(tcp::acceptor acceptor, std::size_t clients_max, const frontend::Settings& settings,
          frontend::Port& port, Host& host);

  void start() { accept(); }
  void complete(Instant now, replica::Completion completion);
  // Ends the turn: what sessions have to say is sent.
  void flush(Instant now);
  // Sessions have more to do in the next turn.
  bool has_work() const { return !touched_.empty(); }
  // Tells those clients that have asked for it to go on at `address`; returns how many there are.
  std::size_t announce_move(const Address& address, std::int64_t seconds);
  void stop_accepting();
  // Of those that are there, except whom announce_move() told, nothing more is read.
  void drain_untold();
  void drain();
  // Were told to move, and are still here.
  std::size_t told_to_move() const;
  // All replies that there are were handed to the kernel.
  bool is_idle() const;
  void close_all();

  // A line of MONITOR, for those that listen.
  void tell_monitors(const std::string& line);

  std::string list(Instant now) const;
  std::size_t count() const { return sessions_.size(); }
  std::size_t kill(std::optional<std::uint64_t> id, const std::optional<std::string>& address);
  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t refused() const { return refused_; }

 private:
  void accept();
  void took(const ErrorCode& error, tcp::socket socket);
  void touched(std::shared_ptr<ClientSession> session) override;
  void closed(std::uint64_t id) override;
  void ready(std::uint64_t id, bool is_broken) override;

  tcp::acceptor acceptor_;
  Poller poller_;
  asio::steady_timer accept_pause_;
  std::size_t clients_max_;
  const frontend::Settings& settings_;
  frontend::Port& port_;
  Host& host_;

  std::unordered_map<std::uint64_t, std::shared_ptr<ClientSession>> sessions_;
  std::vector<std::shared_ptr<ClientSession>> touched_;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
  std::int64_t announced_ = 0;
};

}  // namespace holdfast::server
