#include "server/node.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <thread>

#include "server/troubled_disk.hpp"
#include "storage/data_folder.hpp"

namespace holdfast::server {
namespace {

constexpr Duration kHeartbeat = std::chrono::milliseconds(60);
constexpr Duration kElectionMin = std::chrono::milliseconds(1000);
constexpr Duration kElectionMax = std::chrono::milliseconds(1500);
// They take longer than any election timeout.
constexpr std::uint64_t kManyHeartbeats = 30;
static_assert(kManyHeartbeats * kHeartbeat > kElectionMax);

tcp::acceptor listen(asio::io_context& io) {
  return {io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
}
Address address_of(const tcp::acceptor& acceptor) {
  return {"127.0.0.1", acceptor.local_endpoint().port()};
}

// The other node of two, in the test's own thread: it votes for node 1, acknowledges its entries
// and answers its heartbeats.
class OtherNode final : public PeerNetwork::Host {
 public:
  OtherNode() : acceptor_(listen(io)), address(address_of(acceptor_)) {}

  void start(const Options& options) {
    const PeerNetwork::Config config{.cluster = cluster_id(options),
                                     .self = NodeId(2),
                                     .client_address = "127.0.0.1:1",
                                     .peer_address = address.to_string()};
    PeerNetwork::Host& host = *this;
    network_ = std::make_unique<PeerNetwork>(io, std::move(acceptor_), config, host);
    network_->set_members(options.cluster);
  }

  void say(raft::Message message) {
    network_->send({NodeId(1), std::move(message)});
    network_->flush();
  }
  template <class Condition>
  [[nodiscard]] bool reaches(Condition condition) {
    const Instant deadline = now() + std::chrono::seconds(30);
    while (!condition() && now() < deadline) io.run_one_for(std::chrono::milliseconds(100));
    return condition();
  }

  void peer_message(NodeId, wire::PeerMessage message) override {
    // Writes that are passed on are not proposed here.
    const auto* raft = std::get_if<raft::Message>(&message);
    if (raft != nullptr) std::visit([this](const auto& m) { hear(m); }, *raft);
  }
  void peer_link_reset(NodeId) override {}
  void peer_lost(NodeId) override {}
  bool knows(NodeId) override { return false; }
  void known_by(NodeId) override {}

  void hear(const raft::VoteRequest& m) {
    ++votes_asked;
    say(raft::VoteResponse{.term = m.term, .pre = m.pre, .granted = true});
  }
  void hear(const raft::AppendRequest& m) {
    last = m.prev_index.plus(m.entries.size());
    say(raft::AppendResponse{.term = m.term, .accepted = true, .match = last});
  }
  void hear(const raft::Heartbeat& m) {
    ++heartbeats;
    term = m.term;
    commit = m.commit;
    say(raft::HeartbeatResponse{.term = m.term, .round = m.round, .received = last});
  }
  // Node 1 hands over, to stop.
  void hear(const raft::TimeoutNow& m) {
    say(raft::VoteRequest{
        .term = m.term.next(), .last_index = last, .last_term = m.term, .forced = true});
  }
  void hear(const raft::HeartbeatResponse& m) { round_answered = m.round; }
  void hear(const raft::AppendResponse& m) { acknowledged = m.accepted ? m.match : Index(); }
  void hear(const auto&) {}

  asio::io_context io;

 private:
  tcp::acceptor acceptor_;
  std::unique_ptr<PeerNetwork> network_;

 public:
  Address address;
  std::uint64_t votes_asked = 0;
  std::uint64_t heartbeats = 0;
  Term term;
  Index commit;
  Index last;
  Round round_answered;
  Index acknowledged;
};

// Node 1 as a whole, in a thread, on a disk that the test can stop.
class NodeTest : public testing::Test {
 protected:
  NodeTest() {
    // Made before there are threads: ThreadSanitizer does not see how the library guards it.
    spdlog::default_logger_raw();
    std::string name = std::filesystem::temp_directory_path() / "holdfast-node-XXXXXX";
    options_.data = ::mkdtemp(name.data());
    options_.election_timeout_min = kElectionMin;
    options_.election_timeout_max = kElectionMax;
    options_.heartbeat_interval = kHeartbeat;
    tcp::acceptor clients = listen(io_);
    tcp::acceptor peers = listen(io_);
    clients_address_ = clients.local_endpoint();
    options_.cluster = {{NodeId(1), address_of(peers)}, {NodeId(2), other_.address}};
    other_.start(options_);
    const std::uint64_t cluster = cluster_id(options_);
    folder_ = *storage::DataFolder::open(disk_, options_.data, {cluster, NodeId(1)});
    auto stored =
        *replica::open_stored(disk_, options_.data, {cluster, NodeId(1), 1 << 20}, kv::Limits());
    node_ = std::make_unique<Node>(
        io_, options_, Node::Parts{std::move(clients), std::move(peers), std::move(stored)});
    thread_ = std::jthread([this] {
      node_->run();
      has_ended_ = true;
    });
  }
  ~NodeTest() override {
    disk_.go_on();
    dial().write_some(asio::buffer("SHUTDOWN\r\n", 10));
    EXPECT_TRUE(other_.reaches([&] { return has_ended_.load(); }));
    thread_.join();
    node_.reset();
    std::filesystem::remove_all(options_.data);
  }

  tcp::socket dial() {
    tcp::socket socket(other_.io);
    socket.connect(clients_address_);
    return socket;
  }

  Options options_;
  TroubledDisk disk_;
  OtherNode other_;
  asio::io_context io_;
  tcp::endpoint clients_address_;
  std::optional<storage::DataFolder> folder_;
  std::unique_ptr<Node> node_;
  std::atomic<bool> has_ended_ = false;
  std::jthread thread_;
};

TEST_F(NodeTest, LeaderWhoseDiskStandsStill_GoesOnLeading) {
  ASSERT_TRUE(other_.reaches([&] { return other_.commit > Index(); })) << "it leads";
  const Term term = other_.term;
  const std::uint64_t votes_asked = other_.votes_asked;
  disk_.stand_still();
  tcp::socket client = dial();
  asio::write(client, asio::buffer("SET k v\r\n", 9));
  disk_.wait_for_waiting();
  const std::uint64_t target = other_.heartbeats + kManyHeartbeats;
  EXPECT_TRUE(other_.reaches([&] { return other_.heartbeats >= target; }));
  EXPECT_EQ(other_.term, term);
  EXPECT_EQ(other_.votes_asked, votes_asked);
  EXPECT_EQ(client.available(), 0u) << "one disk of two is no majority";
  disk_.go_on();
  EXPECT_TRUE(other_.reaches([&] { return client.available() >= 5; }));
  std::string reply(5, ' ');
  asio::read(client, asio::buffer(reply));
  EXPECT_EQ(reply, "+OK\r\n");
}

TEST_F(NodeTest, FollowerWhoseDiskStandsStill_AnswersItsLeader) {
  const Term term(1'000);
  ASSERT_TRUE(other_.reaches([&] {
    other_.say(raft::Heartbeat{.term = term, .round = Round(1)});
    return other_.round_answered == Round(1);
  })) << "it follows";
  const std::uint64_t votes_asked = other_.votes_asked;
  disk_.stand_still();
  raft::AppendRequest append{.term = term};
  append.entries.push_back({term, raft::EntryKind::kNoop, {}});
  other_.say(append);
  disk_.wait_for_waiting();
  for (Round round(2); round.value() < 2 + kManyHeartbeats; ++round) {
    other_.say(raft::Heartbeat{.term = term, .round = round});
    ASSERT_TRUE(other_.reaches([&] { return other_.round_answered == round; }));
    other_.io.run_for(kHeartbeat);
  }
  EXPECT_EQ(other_.votes_asked, votes_asked);
  EXPECT_EQ(other_.acknowledged, Index()) << "it is not on disk";
  disk_.go_on();
  EXPECT_TRUE(other_.reaches([&] { return other_.acknowledged == Index(1); }));
}

}  // namespace
}  // namespace holdfast::server
