// Strangers, and damaged peers, on the port that nodes have for each other.
#include <poll.h>
#include <sys/socket.h>

#include <deque>

#include "e2e/servers.hpp"
#include "wire/frame.hpp"

namespace holdfast::e2e {
namespace {

using client::Connection;
using testing::HasSubstr;

// The cluster's node 3, which is not running: the tests speak in its place to node 1.
class Peers : public testing::Test {
 protected:
  Peers() {
    servers().kill9(3);
    const std::string answer = greet(hello(0));
    wire::FrameReader reader(4096);
    reader.feed(answer);
    const auto item = reader.next();
    cluster_id_ = std::get<wire::Hello>(item->value()).cluster;
  }

  cli::ChildServers& servers() { return cluster_.servers(); }
  Connection connect() { return Servers::connect_to(servers().peer_address(1)); }

  static wire::Hello hello(std::uint64_t cluster) {
    wire::Hello hello;
    hello.cluster = cluster;
    hello.from = NodeId(3);
    hello.to = NodeId(1);
    hello.client_address = "127.0.0.1:1";
    return hello;
  }
  wire::Hello hello() const { return hello(cluster_id_); }

  static bool is_readable_soon(Connection& connection) {
    pollfd readable{connection.socket(), POLLIN, 0};
    return ::poll(&readable, 1, 20'000) == 1;
  }
  // What node 1 sends back; empty if it closes, or is silent for long.
  static std::string read_some(Connection& connection) {
    std::string bytes(4096, '\0');
    is_readable_soon(connection);
    const ssize_t size = ::recv(connection.socket(), bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }
  static bool is_closed(Connection& connection) {
    return is_readable_soon(connection) && read_some(connection).empty();
  }

  std::string greet(const wire::Hello& words) {
    Connection connection = connect();
    static_cast<void>(connection.send_bytes(wire::encode(words), soon()));
    return read_some(connection);
  }

  void expect_log(const std::string& text) {
    cli::wait_until("node 1 to log: " + text, std::chrono::seconds(20),
                    [&] { return servers().log_tail(1).find(text) != std::string::npos; });
  }

  void expect_service() {
    auto client = cluster_.connect(1);
    EXPECT_EQ(ask(client, {"SET", "k", "v"}), "OK");
    EXPECT_EQ(ask(client, {"GET", "k"}), "v");
  }

  // A message of the leader of a later term: it would depose anyone. Elections raise the term by
  // one, so that no number of them gets there.
  static constexpr std::uint64_t kLaterTerm = 1'000'000;
  static std::string message() {
    raft::AppendRequest append;
    append.term = Term(kLaterTerm);
    append.entries.push_back({append.term, raft::EntryKind::kCommand, Payload("payload")});
    return wire::encode(wire::PeerMessage(raft::Message(append))).flatten();
  }
  std::uint64_t term() const { return cluster_.status(1).number("term"); }

  Servers cluster_;
  std::uint64_t cluster_id_ = 0;
};

TEST_F(Peers, RedisClientOnThePeersPort_IsToldSo) {
  Connection connection = connect();
  EXPECT_THAT(ask(connection, {"PING"}), HasSubstr("this port is for Holdfast's nodes"));
  expect_log("it does not speak the peer protocol");
  expect_service();
}

TEST_F(Peers, NodeOfAnotherCluster_IsRefusedAndBothSidesCanSayWhy) {
  Connection connection = connect();
  ASSERT_TRUE(connection.send_bytes(wire::encode(hello(cluster_id_ + 1)), soon()));
  EXPECT_FALSE(read_some(connection).empty()) << "its own hello";
  EXPECT_TRUE(is_closed(connection));
  expect_log("it belongs to another cluster");
  expect_service();
}

TEST_F(Peers, NodeOfAnotherVersion_IsRefusedAndBothSidesCanSayWhy) {
  wire::Hello other = hello();
  other.version = wire::kVersion + 1;
  Connection connection = connect();
  ASSERT_TRUE(connection.send_bytes(wire::encode(other), soon()));
  EXPECT_FALSE(read_some(connection).empty()) << "its own hello";
  EXPECT_TRUE(is_closed(connection));
  expect_log("another version of the peer protocol");
  expect_service();
}

// It may be about to join, or be a member that this node has yet to learn of: what it says counts
// for as much as Raft's rules give it, and a question for pre-votes for nothing.
TEST_F(Peers, NodeThatIsNotInTheCluster_IsHeardAndChangesNothing) {
  raft::VoteRequest question;
  question.term = Term(kLaterTerm);
  question.pre = true;
  wire::Hello other = hello();
  other.from = NodeId(9);
  other.peer_address = "127.0.0.1:1";
  Connection connection = connect();
  const auto words = wire::encode(wire::PeerMessage(raft::Message(question))).flatten();
  ASSERT_TRUE(connection.send_bytes(wire::encode(other) + words, soon()));
  EXPECT_FALSE(read_some(connection).empty()) << "its own hello";
  expect_log("node 9 at 127.0.0.1:1, which is no member");
  expect_service();
  EXPECT_LT(term(), kLaterTerm);
}

TEST_F(Peers, NodeWithTheIdOfAnother_IsRefused) {
  for (const std::uint64_t id : {1, 2}) {
    wire::Hello other = hello();
    other.from = NodeId(id);
    other.peer_address = "127.0.0.1:1";
    Connection connection = connect();
    ASSERT_TRUE(connection.send_bytes(wire::encode(other) + message(), soon()));
    read_some(connection);
    EXPECT_TRUE(is_closed(connection));
    expect_log("it says that it is node " + std::to_string(id));
  }
  expect_service();
  EXPECT_LT(term(), kLaterTerm);
}

TEST_F(Peers, MessageUndamaged_IsTaken) {
  // Node 1 has committed what the message would replace.
  expect_service();
  Connection connection = connect();
  ASSERT_TRUE(connection.send_bytes(wire::encode(hello()) + message(), soon()));
  cli::wait_until("node 1 to be in the later term", std::chrono::seconds(20),
                  [&] { return term() >= kLaterTerm; });
  expect_service();
}

TEST_F(Peers, MessageTruncatedAtEveryByte_ChangesNothing) {
  const std::string bytes = message();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Connection connection = connect();
    ASSERT_TRUE(connection.send_bytes(wire::encode(hello()) + bytes.substr(0, size), soon()));
    EXPECT_FALSE(read_some(connection).empty()) << "its own hello";
  }
  expect_service();
  EXPECT_LT(term(), kLaterTerm);
}

TEST_F(Peers, MessageWithAnyByteChanged_IsDroppedWithItsConnection) {
  constexpr std::size_t kLengths = 8;  // one that grew a little is waited for
  const std::string bytes = message();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    Connection connection = connect();
    ASSERT_TRUE(connection.send_bytes(wire::encode(hello()) + damaged, soon()));
    EXPECT_FALSE(read_some(connection).empty()) << "its own hello";
    ASSERT_TRUE(at < kLengths || is_closed(connection)) << "byte " << at;
  }
  expect_service();
  EXPECT_LT(term(), kLaterTerm);
}

TEST_F(Peers, ManySilentConnections_DoNotKeepTheRealPeerOut) {
  std::deque<Connection> silent;
  for (int i = 0; i < 400; ++i) silent.push_back(connect());
  servers().start(3);
  cli::wait_until("node 3 to hear the leader", std::chrono::seconds(20), [&] {
    // Node 1 gives them up after a while: new ones keep the crowd as large as it was.
    silent.pop_front();
    silent.push_back(connect());
    const auto status = client::ask_status(servers().client_address(3));
    return status && status->number("leader") != 0;
  });
  cluster_.wait_until_equal();
  expect_service();
}

}  // namespace
}  // namespace holdfast::e2e
