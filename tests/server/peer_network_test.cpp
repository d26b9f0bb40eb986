#include "server/peer_network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::server {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint64_t kCluster = 7;

wire::PeerMessage numbered(std::uint64_t n) {
  return raft::Message(raft::TimeoutNow{Term(n)});
}

// A node's network with a loop of its own. Destroyed, all of its sockets are closed, as those of a
// process that was killed.
class TestNode final : public PeerNetwork::Host {
 public:
  explicit TestNode(std::uint64_t number, std::uint64_t cluster = kCluster)
      : id(number), acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    address = {"127.0.0.1", acceptor_.local_endpoint().port()};
    const PeerNetwork::Config config{.cluster = cluster,
                                     .self = id,
                                     .client_address = "client" + std::to_string(number) + ":1",
                                     .peer_address = address.to_string(),
                                     .seed = number};
    PeerNetwork::Host& host = *this;
    network = std::make_unique<PeerNetwork>(io, std::move(acceptor_), config, host);
  }

  void peer_message(NodeId from, wire::PeerMessage message) override {
    heard.insert({from.value(), std::get<raft::TimeoutNow>(std::get<raft::Message>(message)).term});
  }
  void peer_link_reset(NodeId) override {}
  void peer_lost(NodeId peer) override { lost.push_back(peer.value()); }
  bool knows(NodeId) override { return false; }
  void known_by(NodeId) override {}

  void say(std::uint64_t to, std::uint64_t n) {
    network->send({NodeId(to), numbered(n)});
    network->flush();
  }
  bool has_heard(std::uint64_t from, std::uint64_t n) const {
    return heard.contains({from, Term(n)});
  }

  NodeId id;
  asio::io_context io;
  Address address;
  std::set<std::pair<std::uint64_t, Term>> heard;
  std::vector<std::uint64_t> lost;

 private:
  tcp::acceptor acceptor_;

 public:
  std::unique_ptr<PeerNetwork> network;  // after the loop, on which it lives
};

// Somebody who dials a node and says what the test wants.
class Caller {
 public:
  explicit Caller(const Address& address) : socket_(io_) {
    socket_.connect({asio::ip::make_address(address.host), address.port});
    socket_.non_blocking(true);
  }
  Caller(const TestNode& node, std::uint64_t from, const std::string& peer_address,
         std::uint64_t cluster = kCluster)
      : Caller(node.address) {
    wire::Hello hello;
    hello.cluster = cluster;
    hello.from = NodeId(from);
    hello.to = node.id;
    hello.client_address = "client:1";
    hello.peer_address = peer_address;
    say(wire::encode(hello));
  }

  void say(const std::string& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  void say(std::uint64_t n) { say(wire::encode(numbered(n)).flatten()); }
  // The node has answered, and closed the connection.
  bool is_closed() {
    read();
    return error_ == asio::error::eof || error_ == asio::error::connection_reset;
  }
  bool is_greeted() {
    read();
    return greeted_;
  }

 private:
  void read() {
    std::array<char, 4096> bytes;
    if (!error_ && socket_.read_some(asio::buffer(bytes), error_) > 0) greeted_ = true;
    if (error_ == asio::error::would_block) error_.clear();
  }

  asio::io_context io_;
  tcp::socket socket_;
  ErrorCode error_;
  bool greeted_ = false;
};

// An address where somebody accepts a connection and says nothing.
class Place {
 public:
  Place() : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), dialled_(io_) {
    acceptor_.non_blocking(true);
  }
  Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
  bool is_dialled() {
    ErrorCode error;
    if (!dialled_.is_open()) acceptor_.accept(dialled_, error);
    return dialled_.is_open();
  }
  // Whoever dialled has closed the connection.
  bool is_left() {
    ErrorCode error;
    dialled_.non_blocking(true);
    std::array<char, 4096> bytes;
    while (!error) dialled_.read_some(asio::buffer(bytes), error);
    return error != asio::error::would_block;
  }
  void hang_up() { dialled_.close(); }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_;
  tcp::socket dialled_;
};

class PeerNetworkTest : public testing::Test {
 protected:
  TestNode& node(std::uint64_t id) { return *nodes_.at(id); }
  TestNode& start(std::uint64_t id, std::uint64_t cluster = kCluster) {
    return *(nodes_[id] = std::make_unique<TestNode>(id, cluster));
  }
  void kill(std::uint64_t id) { nodes_.erase(id); }

  std::map<NodeId, Address> addresses() const {
    std::map<NodeId, Address> all;
    for (const auto& [id, node] : nodes_) all[node->id] = node->address;
    return all;
  }
  void start_cluster(std::uint64_t count) {
    for (std::uint64_t id = 1; id <= count; ++id) start(id);
    for (const auto& [id, node] : nodes_) node->network->set_members(addresses());
    for (std::uint64_t a = 1; a <= count; ++a) {
      for (std::uint64_t b = 1; b <= count; ++b) {
        if (a != b) expect_heard(a, b);
      }
    }
  }

  // Runs all nodes until the condition holds.
  template <class Condition>
  [[nodiscard]] bool reaches(Condition condition) {
    const Instant deadline = now() + std::chrono::seconds(20);
    while (!condition()) {
      std::size_t ran = 0;
      for (const auto& [id, node] : nodes_) ran += node->io.poll();
      if (ran == 0) nodes_.begin()->second->io.run_one_for(std::chrono::milliseconds(1));
      if (now() > deadline) return false;
    }
    return true;
  }
  // What `a` says arrives at `b`.
  [[nodiscard]] bool hears(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t n = ++said_;
    return reaches([&] {
      node(a).say(b, n);
      return node(b).has_heard(a, n);
    });
  }
  void expect_heard(std::uint64_t a, std::uint64_t b) {
    EXPECT_TRUE(hears(a, b)) << "node " << b << " hears node " << a;
  }
  // All that was on its way to node 1 has arrived: its loop takes what is ready in order.
  void settle(Caller& caller, std::uint64_t from) {
    const std::uint64_t n = ++said_;
    caller.say(n);
    EXPECT_TRUE(reaches([&] { return node(1).has_heard(from, n); }));
  }

  std::map<std::uint64_t, std::unique_ptr<TestNode>> nodes_;
  std::uint64_t said_ = 0;
};

TEST_F(PeerNetworkTest, MemberThatIsAdded_IsHeardAndAnswered) {
  start_cluster(2);
  start(3);
  for (const std::uint64_t id : {1, 2, 3}) node(id).network->set_members(addresses());
  expect_heard(1, 3);
  expect_heard(3, 1);
  expect_heard(2, 3);
  expect_heard(1, 2);
}

TEST_F(PeerNetworkTest, SameMembersAgain_KeepTheirLinks) {
  start_cluster(2);
  node(1).network->set_members(addresses());
  node(1).say(2, 1'000);
  EXPECT_TRUE(reaches([&] { return node(2).has_heard(1, 1'000); })) << "a new link drops it";
}

// What a node that was asleep does before it looks at its timers.
TEST_F(PeerNetworkTest, WhatHasArrived_IsReadWithoutTheLoop) {
  start_cluster(2);
  node(1).say(2, 1'000);
  node(2).network->read_arrived();
  EXPECT_TRUE(node(2).has_heard(1, 1'000));
  expect_heard(1, 2);
  kill(1);
  node(2).network->read_arrived();
  EXPECT_THAT(node(2).lost, ElementsAre(1u)) << "and so is its end";
}

TEST_F(PeerNetworkTest, MemberThatIsRemovedAndGone_IsDialledNoMore) {
  start_cluster(2);
  kill(2);
  ASSERT_TRUE(reaches([&] { return !node(1).lost.empty(); }));
  Place place;
  node(1).network->set_members({{NodeId(2), place.address()}});
  ASSERT_TRUE(reaches([&] { return place.is_dialled(); }));
  EXPECT_FALSE(place.is_left());
  node(1).network->set_members({});
  EXPECT_TRUE(reaches([&] { return place.is_left(); }));
  EXPECT_FALSE(node(1).network->client_address(NodeId(2)));
}

TEST_F(PeerNetworkTest, MemberThatIsRemovedButConnected_IsAnsweredUntilItGoes) {
  start_cluster(2);
  node(1).network->set_members({});
  expect_heard(2, 1);
  expect_heard(1, 2);
  kill(2);
  EXPECT_TRUE(reaches([&] { return !node(1).network->client_address(NodeId(2)); }));
  EXPECT_THAT(node(1).lost, Contains(2u));
}

TEST_F(PeerNetworkTest, MemberAtAnotherAddress_IsDialledThere) {
  start_cluster(2);
  kill(2);
  start(2);
  node(1).network->set_members(addresses());
  expect_heard(1, 2);
}

TEST_F(PeerNetworkTest, NodeThatIsNoMember_IsHeardAndAnsweredWhereItSays) {
  start(1);
  start(9).network->set_members({{NodeId(1), node(1).address}});
  expect_heard(9, 1);
  expect_heard(1, 9);
  EXPECT_EQ(node(1).network->client_address(NodeId(9)), (Address{"client9", 1}));
  kill(9);
  EXPECT_TRUE(reaches([&] { return !node(1).network->client_address(NodeId(9)); }));
  EXPECT_THAT(node(1).lost, ElementsAre(9u));
}

TEST_F(PeerNetworkTest, GuestThatBecomesAMember_StaysWhenItsConnectionsEnd) {
  start(1);
  start(9).network->set_members({{NodeId(1), node(1).address}});
  expect_heard(9, 1);
  node(1).network->set_members(addresses());
  expect_heard(1, 9);
  kill(9);
  ASSERT_TRUE(reaches([&] { return !node(1).lost.empty(); }));
  EXPECT_TRUE(node(1).network->client_address(NodeId(9)));
}

TEST_F(PeerNetworkTest, MoreGuestsThanMay_AreRefusedUntilOneGoes) {
  start(1);
  std::list<Caller> guests;
  for (std::uint64_t id = 100; id < 164; ++id) {
    Caller& guest = guests.emplace_back(node(1), id, "127.0.0.1:1");
    settle(guest, id);
  }
  Caller late(node(1), 500, "127.0.0.1:1");
  EXPECT_TRUE(reaches([&] { return late.is_closed(); }));
  guests.pop_front();
  ASSERT_TRUE(reaches([&] { return !node(1).lost.empty(); }));
  Caller next(node(1), 501, "127.0.0.1:1");
  settle(next, 501);
}

// Kills: closing the oldest connection for a new one, whoever has it.
TEST_F(PeerNetworkTest, CrowdOfAGuestsConnections_DoesNotCloseThoseOfMembers) {
  start_cluster(2);
  std::list<Caller> crowd;
  for (int i = 0; i < 300; ++i) settle(crowd.emplace_back(node(1), 9, "127.0.0.1:1"), 9);
  EXPECT_THAT(node(1).lost, Not(Contains(2u)));
  EXPECT_THAT(node(2).lost, IsEmpty());
}

TEST_F(PeerNetworkTest, HelloThatCantBeRight_IsAnsweredAndRefused) {
  start_cluster(2);
  const std::string place = "127.0.0.1:1";
  const auto refused = [&](Caller caller) {
    return reaches([&] { return caller.is_closed(); }) && caller.is_greeted();
  };
  EXPECT_TRUE(refused(Caller(node(1), 9, place, kCluster + 1))) << "another cluster";
  EXPECT_TRUE(refused(Caller(node(1), 1, place))) << "its own id";
  EXPECT_TRUE(refused(Caller(node(1), 0, place))) << "no id";
  EXPECT_TRUE(refused(Caller(node(1), 1 << 20, place))) << "no valid id";
  EXPECT_TRUE(refused(Caller(node(1), 9, "nowhere"))) << "no address";
  EXPECT_TRUE(refused(Caller(node(1), 2, place))) << "the id of one that is connected";
  EXPECT_THAT(node(1).lost, IsEmpty());
  expect_heard(1, 2);
}

TEST_F(PeerNetworkTest, MemberKilled_IsLostToAll) {
  start_cluster(3);
  kill(2);
  EXPECT_TRUE(reaches([&] { return !node(1).lost.empty() && !node(3).lost.empty(); }));
  EXPECT_THAT(node(1).lost, Contains(2u));
  EXPECT_THAT(node(3).lost, Contains(2u));
  EXPECT_THAT(node(1).lost, Not(Contains(3u)));
}

TEST_F(PeerNetworkTest, OneOfSeveralConnectionsClosed_IsNoLoss) {
  start(1);
  auto first = std::make_unique<Caller>(node(1), 2, "127.0.0.1:1");
  Caller second(node(1), 2, "127.0.0.1:1");
  settle(*first, 2);
  settle(second, 2);
  first.reset();
  settle(second, 2);
  EXPECT_THAT(node(1).lost, IsEmpty());
}

TEST_F(PeerNetworkTest, StrangerThatSaysNothingAndGoes_IsNoLoss) {
  start_cluster(2);
  { Caller silent(node(1).address); }
  Caller later(node(1), 9, "127.0.0.1:1");
  settle(later, 9);
  EXPECT_THAT(node(1).lost, IsEmpty());
}

// Node 2 accepts and never answers: node 1's links are greeting when it is gone.
TEST_F(PeerNetworkTest, PeerThatEndsAConnectionBeforeItsHello_IsLost) {
  Place place;
  start(1).network->set_members({{NodeId(2), place.address()}});
  ASSERT_TRUE(reaches([&] { return place.is_dialled(); }));
  EXPECT_THAT(node(1).lost, IsEmpty());
  place.hang_up();
  EXPECT_TRUE(reaches([&] { return !node(1).lost.empty(); }));
}

TEST_F(PeerNetworkTest, PeerKilledBehindACut_IsNotMissed) {
  start_cluster(3);
  node(1).network->cut({NodeId(2)});
  kill(2);
  ASSERT_TRUE(reaches([&] { return !node(3).lost.empty(); }));
  settle(*std::make_unique<Caller>(node(1), 9, "127.0.0.1:1"), 9);
  EXPECT_THAT(node(1).lost, Not(Contains(2u)));
}

}  // namespace
}  // namespace holdfast::server
