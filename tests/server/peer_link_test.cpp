#include "server/peer_link.hpp"

#include <gtest/gtest.h>

namespace holdfast::server {
namespace {

// A link to a peer that accepts; that it greets, and reads nothing, is left to the tests.
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
  }

  void accept() {
    bool accepted = false;
    acceptor.async_accept(peer, [&](const ErrorCode&) { accepted = true; });
    while (!accepted) io.run_one();
  }
  void greet() {
    wire::Hello hello;
    hello.from = NodeId(2);
    hello.to = NodeId(1);
    asio::write(peer, asio::buffer(wire::encode(hello)));
  }
  void bring_up() {
    accept();
    greet();
    while (!link->is_up()) io.run_one();
  }
  // Nothing is left to do for the loop, and nothing that it did was the link's.
  void expect_quiet_end() {
    link.reset();
    io.run();
    EXPECT_TRUE(broken.empty());
  }

  // More than the kernel's buffers hold, so that it stays under way.
  static wire::PeerMessage message(std::size_t bytes) {
    return wire::Forward{Term(1), Payload(std::string(bytes, 'x'))};
  }

  void link_up(NodeId, const wire::Hello&) override {
    if (destroys_when_told) link.reset();
  }
  void link_down(NodeId, const PeerLink::Broken& b) override {
    broken.push_back(b);
    if (destroys_when_told) link.reset();
  }
  void link_overflowed(NodeId) override { ++overflows; }

  static constexpr std::size_t kQueueBytesMax = 32 << 20;
  asio::io_context io;
  tcp::acceptor acceptor;
  tcp::socket peer;
  std::unique_ptr<PeerLink> link;
  int overflows = 0;
  std::vector<PeerLink::Broken> broken;
  bool destroys_when_told = false;
};

// Kills: counting what is being written. For as long as one message over the limit was, each
// further one was dropped at once and called for sending again, at every turn of the node.
TEST_F(PeerLinkTest, MessageOverTheLimitUnderWay_LetsOthersWait) {
  bring_up();
  link->send(message(kQueueBytesMax + 1));
  link->flush();
  for (int i = 0; i < 10; ++i) link->send(message(1));
  EXPECT_EQ(overflows, 0);
}

TEST_F(PeerLinkTest, MoreThanTheLimitWaits_IsDroppedAndSaid) {
  bring_up();
  link->send(message(kQueueBytesMax));
  link->flush();
  link->send(message(kQueueBytesMax));
  EXPECT_EQ(overflows, 0);
  link->send(message(1));
  EXPECT_EQ(overflows, 1);
  link->send(message(1));
  EXPECT_EQ(overflows, 1);
}

TEST_F(PeerLinkTest, PeerThatEndsTheConnection_IsSaidToHaveDoneSo) {
  bring_up();
  peer.close();
  while (broken.empty()) io.run_one();
  EXPECT_TRUE(broken.front().by_peer);
  EXPECT_FALSE(link->is_up());
}

// Kills: waiting out the time for a greeting that will not come.
TEST_F(PeerLinkTest, PeerThatEndsTheConnectionUngreeted_IsSaidToHaveDoneSo) {
  accept();
  peer.close();
  while (broken.empty()) io.run_one();
  EXPECT_TRUE(broken.front().by_peer);
}

// It was dialled while the network was cut. Kills: waiting five seconds for a greeting, while the
// peer's messages arrive.
TEST_F(PeerLinkTest, PeerIsThereWhileAnAttemptHangs_AnotherIsMadeAtOnce) {
  accept();
  tcp::socket second(io);
  bool accepted = false;
  acceptor.async_accept(second, [&](const ErrorCode&) { accepted = true; });
  link->redial_if_hung();
  while (!accepted && broken.empty()) {
    io.run_for(std::chrono::milliseconds(10));
    link->redial_if_hung();
  }
  EXPECT_TRUE(accepted);
  EXPECT_TRUE(broken.empty()) << "the time for the greeting was waited out";
}

TEST_F(PeerLinkTest, PeerThatSaysNonsense_HasNotEndedTheConnection) {
  accept();
  asio::write(peer, asio::buffer(std::string("HTTP/1.1 400 Bad Request\r\n")));
  while (broken.empty()) io.run_one();
  EXPECT_FALSE(broken.front().by_peer);
}

TEST_F(PeerLinkTest, DestroyedWhileDialling_IsGone) {
  expect_quiet_end();
}

TEST_F(PeerLinkTest, DestroyedWhileGreeting_IsGone) {
  accept();
  greet();
  expect_quiet_end();
}

TEST_F(PeerLinkTest, DestroyedWhileSending_IsGone) {
  bring_up();
  link->send(message(kQueueBytesMax));
  link->flush();
  link->send(message(1));
  expect_quiet_end();
}

TEST_F(PeerLinkTest, DestroyedWhileResting_IsGone) {
  bring_up();
  peer.close();
  while (broken.empty()) io.run_one();
  broken.clear();
  expect_quiet_end();
}

TEST_F(PeerLinkTest, DestroyedWhenItComesUp_IsGone) {
  destroys_when_told = true;
  accept();
  greet();
  io.run();
  EXPECT_FALSE(link);
}

TEST_F(PeerLinkTest, DestroyedWhenItBreaks_IsGone) {
  bring_up();
  destroys_when_told = true;
  peer.close();
  io.run();
  EXPECT_FALSE(link);
}

}  // namespace
}  // namespace holdfast::server
