#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "replica/replica.hpp"
#include "server/peer_inbox.hpp"
#include "server/peer_link.hpp"

namespace holdfast::server {

// This node's connections to its peers. To each it keeps two of its own, so that heartbeats and
// votes don't wait behind megabytes of entries: one for small messages, one for bulk. What peers
// send arrives on connections that they dialled.
//
// A node that is none of the members, but dialled in, is a guest: it is answered where its hello
// says for as long as it is connected. It joins, or has been away while others did, or was removed
// and does not know. Whether it is heard is for the host to decide.
class PeerNetwork final : private PeerLink::Host, private PeerInbox::Host {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    virtual void peer_message(NodeId from, wire::PeerMessage message) = 0;
    // Messages to the peer may have been lost, or can be sent again.
    virtual void peer_link_reset(NodeId peer) = 0;
    // All that the peer had dialled has ended, or it has ended what we had: its process is gone,
    // most likely. A hint: it may come too often, and does not come when a machine or a network
    // fails.
    virtual void peer_lost(NodeId peer) = 0;
    // Of wire::Hello::knows_receiver: asked for what we say, and told of what a peer said of us.
    virtual bool knows(NodeId peer) = 0;
    virtual void known_by(NodeId peer) = 0;
  };

  struct Config {
    std::uint64_t cluster = 0;
    NodeId self;
    std::string client_address;  // where this node serves clients
    std::string peer_address;    // where its peers reach it
    std::uint64_t seed = 1;
  };

  // The acceptor listens already.
  PeerNetwork(asio::io_context& io, tcp::acceptor acceptor, Config config, Host& host);

  // The members and their addresses, from now on; this node may be among them.
  void set_members(const std::map<NodeId, Address>& members);

  void send(const replica::Outgoing& outgoing);
  // Ends the turn: what was given is handed to the kernel.
  void flush();
  // Takes what the kernel has of peers' messages, without waiting for the loop to come to it.
  void read_arrived();

  // Drops all messages to and from these peers until called again: a network partition.
  void cut(std::set<NodeId> peers);
  // Where a peer serves clients, as it last said.
  std::optional<Address> client_address(NodeId peer) const;
  bool is_connected(NodeId peer) const;

 private:
  struct Peer {
    Address address;
    bool is_guest = false;
    std::unique_ptr<PeerLink> control;
    std::unique_ptr<PeerLink> bulk;
    std::optional<Address> client_address;
    bool said_up = false;
    std::string said_reason;
  };

  void accept();
  void took(const ErrorCode& error, tcp::socket socket);
  void make_room_for_inbox();
  void link_to(NodeId id, const Address& address);
  std::unique_ptr<PeerLink> make_link(NodeId id, const Address& address);
  const PeerInbox* inbox_of(NodeId peer) const;
  bool is_guest(NodeId peer) const;
  std::optional<std::string> object_to_guest(const wire::Hello& hello) const;
  void lost(NodeId peer);
  void learn(const wire::Hello& hello);
  void complain(const PeerInbox& inbox, const std::string& reason);
  wire::Hello hello_to(NodeId to);

  bool knows(NodeId peer) override { return host_.knows(peer); }
  void link_up(NodeId peer, const wire::Hello& hello) override;
  void link_down(NodeId peer, const PeerLink::Broken& broken) override;
  void link_overflowed(NodeId peer) override;

  wire::Hello answer(NodeId to) override { return hello_to(to); }
  std::optional<std::string> judge(const wire::Hello& hello) override;
  void greeted(const wire::Hello& hello) override;
  void received(NodeId from, wire::PeerMessage message) override;
  void closed(PeerInbox& inbox, const std::string& reason) override;

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  Config config_;
  Host& host_;
  Prng prng_;
  std::map<NodeId, Peer> peers_;                   // members and guests
  std::list<std::shared_ptr<PeerInbox>> inboxes_;  // the oldest first
  std::set<NodeId> cut_;
  std::map<std::string, int> complaints_;  // reasons why inboxes were closed, and how often
};

}  // namespace holdfast::server
