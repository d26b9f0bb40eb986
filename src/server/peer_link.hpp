#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/prng.hpp"
#include "server/asio.hpp"
#include "wire/frame.hpp"

namespace holdfast::server {

// A connection that this node keeps up to a peer, for sending. It dials again, with pauses that
// grow to a second, for as long as the node lives.
//
//   resting -> dialling -> greeting -> up -> resting
//
// Messages given while it is not up are dropped, and so are all that wait when it breaks: the core
// sends again whatever is still wanted.
//
// Destroyed only when its io_context runs no more.
class PeerLink {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    // It came up, after the peer answered our hello with this.
    virtual void link_up(NodeId peer, const wire::Hello& hello) = 0;
    // It broke, or could not be made; another attempt follows.
    virtual void link_down(NodeId peer, const std::string& reason) = 0;
    // Messages were dropped: the peer takes them too slowly.
    virtual void link_overflowed(NodeId peer) = 0;
  };

  struct Config {
    wire::Hello hello;  // names the peer in `to`
    Address address;
    // What may wait behind what is being written. One message may always wait, however large.
    std::size_t queue_bytes_max = 64 << 20;
    std::uint64_t seed = 1;
  };

  PeerLink(asio::io_context& io, Config config, Host& host);
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;

  // The peer is there: don't wait out the pause.
  void dial_now();
  void send(const wire::PeerMessage& message);
  // Hands what was given to the kernel.
  void flush();

  bool is_up() const;

 private:
  struct Attempt;

  void dial();
  void resolved(const std::shared_ptr<Attempt>& attempt, const ErrorCode& error,
                const tcp::resolver::results_type& results);
  void connected(const std::shared_ptr<Attempt>& attempt, const ErrorCode& error);
  void read(const std::shared_ptr<Attempt>& attempt);
  void received(const std::shared_ptr<Attempt>& attempt, std::size_t size);
  void sent(const std::shared_ptr<Attempt>& attempt, const ErrorCode& error);
  void fail(const std::string& reason);
  void drop_queue();
  NodeId peer() const { return config_.hello.to; }

  asio::io_context& io_;
  Config config_;
  Host& host_;
  Prng prng_;
  asio::steady_timer timer_;  // of the pause, then of the greeting
  std::shared_ptr<Attempt> attempt_;
  std::vector<wire::Frame> queue_;
  std::size_t queue_bytes_ = 0;
  Duration pause_;
};

}  // namespace holdfast::server
