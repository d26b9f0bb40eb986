#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "server/asio.hpp"
#include "wire/frame.hpp"

namespace holdfast::server {

// A connection that a peer dialled: its messages arrive here. It keeps itself alive until it is
// closed.
class PeerInbox : public std::enable_shared_from_this<PeerInbox> {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    // What this node says of itself to whoever dials, and how it judges what they say: an
    // objection's text, or nothing.
    virtual wire::Hello answer(NodeId to) = 0;
    virtual std::optional<std::string> judge(const wire::Hello& hello) = 0;
    // An accepted peer said hello.
    virtual void greeted(const wire::Hello& hello) = 0;
    virtual void received(NodeId from, wire::PeerMessage message) = 0;
    // `reason` is for the log; empty if there is nothing to say.
    virtual void closed(PeerInbox& inbox, const std::string& reason) = 0;
  };

  PeerInbox(tcp::socket socket, Host& host);

  void start();
  // What the kernel has by now, up to a bound.
  void read_arrived();
  void close(const std::string& reason);
  NodeId peer() const { return hello_.from; }  // zero before its hello
  const wire::Hello& hello() const { return hello_; }
  const std::string& address() const { return address_; }

 private:
  void read();
  // False: there is nothing more, or it was closed.
  bool read_some();
  void take_all();
  void take(wire::FrameReader::Item item);
  void take_hello(const wire::Hello& hello);
  void refuse(wire::FrameError error);
  void write_then(std::string bytes, const std::string& reason_to_close);

  tcp::socket socket_;
  asio::steady_timer greeting_timer_;
  Host& host_;
  std::string address_;
  wire::Hello hello_;
  bool is_open_ = true;
  wire::FrameReader reader_;
};

}  // namespace holdfast::server
