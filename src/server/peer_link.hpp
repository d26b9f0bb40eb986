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
// grow to a second, until it is destroyed.
//
//   resting -> dialling -> greeting -> up -> resting
//
// Messages given while it is not up are dropped, and so are all that wait when it breaks: the core
// sends again whatever is still wanted.
//
// May be destroyed at any time, also by what its host does when it is told something.
class PeerLink {
 public:
  struct Broken {
    std::string reason;
    // There was a connection and the peer's side ended it: its process is gone, most likely.
    bool by_peer = false;
  };

  class Host {
   public:
    virtual ~Host() = default;
    // Of wire::Hello::knows_receiver.
    virtual bool knows(NodeId /*peer*/) { return false; }
    // It came up, after the peer answered our hello with this.
    virtual void link_up(NodeId peer, const wire::Hello& hello) = 0;
    // It broke, or could not be made; another attempt follows.
    virtual void link_down(NodeId peer, const Broken& broken) = 0;
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
  ~PeerLink();
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;

  // The peer is there: don't wait out the pause, nor an attempt that hangs.
  void dial_now();
  // Gives up an attempt that was made when the peer could not be reached, perhaps, and waits for
  // the network to try its packets again; the next begins at once.
  void redial_if_hung();
  void send(const wire::PeerMessage& message);
  // Hands what was given to the kernel.
  void flush();

  bool is_up() const;

 private:
  struct Attempt;

  void rest();
  void dial();
  void resolved(const ErrorCode& error, const tcp::resolver::results_type& results);
  void connected(const ErrorCode& error);
  void read();
  void received(std::size_t size);
  void greeted(const wire::Hello& hello);
  void sent(const ErrorCode& error);
  void fail(const ErrorCode& error);
  void fail(const Broken& broken);
  void drop_queue();
  NodeId peer() const { return config_.hello.to; }

  asio::io_context& io_;
  Config config_;
  Host& host_;
  Prng prng_;
  std::shared_ptr<Attempt> attempt_;
  std::vector<wire::Frame> queue_;
  std::size_t queue_bytes_ = 0;
  Duration pause_;
};

}  // namespace holdfast::server
