#include "server/peer_link.hpp"

#include <gtest/gtest.h>

namespace holdfast::server {
namespace {

// A link to a peer that greets and then reads nothing.
class PeerLinkTest : public testing::Test, private PeerLink::Host {
 protected:
  PeerLinkTest() : acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), peer(io) {
    PeerLink::Config config;
    config.hello.from = NodeId(1);
    config.hello.to = NodeId(2);
    config.address = {"127.0.0.1", acceptor.local_endpoint().port()};
    config.queue_bytes_max = kQueueBytesMax;
    PeerLink::Host& host = *this;
    link = std::make_unique<PeerLink>(io, config, host);
    acceptor.async_accept(peer, [this](const ErrorCode&) {
      wire::Hello hello;
      hello.from = NodeId(2);
      hello.to = NodeId(1);
      asio::write(peer, asio::buffer(wire::encode(hello)));
    });
    while (!link->is_up()) io.run_one();
  }

  // More than the kernel's buffers hold, so that it stays under way.
  static wire::PeerMessage message(std::size_t bytes) {
    return wire::Forward{Term(1), Payload(std::string(bytes, 'x'))};
  }

  void link_up(NodeId, const wire::Hello&) override {}
  void link_down(NodeId, const std::string& reason) override { ADD_FAILURE() << reason; }
  void link_overflowed(NodeId) override { ++overflows; }

  static constexpr std::size_t kQueueBytesMax = 32 << 20;
  asio::io_context io;
  tcp::acceptor acceptor;
  tcp::socket peer;
  std::unique_ptr<PeerLink> link;
  int overflows = 0;
};

// Kills: counting what is being written. For as long as one message over the limit was, each
// further one was dropped at once and called for sending again, at every turn of the node.
TEST_F(PeerLinkTest, MessageOverTheLimitUnderWay_LetsOthersWait) {
  link->send(message(kQueueBytesMax + 1));
  link->flush();
  for (int i = 0; i < 10; ++i) link->send(message(1));
  EXPECT_EQ(overflows, 0);
}

TEST_F(PeerLinkTest, MoreThanTheLimitWaits_IsDroppedAndSaid) {
  link->send(message(kQueueBytesMax));
  link->flush();
  link->send(message(kQueueBytesMax));
  EXPECT_EQ(overflows, 0);
  link->send(message(1));
  EXPECT_EQ(overflows, 1);
  link->send(message(1));
  EXPECT_EQ(overflows, 1);
}

}  // namespace
}  // namespace holdfast::server
