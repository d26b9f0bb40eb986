#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "base/prng.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using testing::StartsWith;

std::size_t resident_bytes(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  statm >> pages >> resident;
  return resident * 4096;
}

// Longer than whatever the way of a write is divided into.
constexpr std::size_t kLongestValue = 2 << 20;

// One cluster for all: what one client does must not touch the next.
class BadInput : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Servers({"--max-value-bytes=2mb", "--max-clients=200"});
  }
  static void TearDownTestSuite() { delete cluster_; }
  void TearDown() override {
    for (int id = 1; id <= 3; ++id) {
      auto connection = cluster().connect(id);
      EXPECT_EQ(ask(connection, {"SET", "still", "serving"}), "OK");
      EXPECT_EQ(ask(connection, {"GET", "still"}), "serving");
    }
  }

  Servers& cluster() { return *cluster_; }
  int leader() { return cluster().wait_for_leader(); }
  pid_t pid(int id) {
    auto connection = cluster().connect(id);
    const std::string info = ask(connection, {"INFO", "server"});
    return std::stoi(info.substr(info.find("process_id:") + 11));
  }

 private:
  static Servers* cluster_;
};
Servers* BadInput::cluster_ = nullptr;

TEST_F(BadInput, ProtocolErrors_AreAnsweredThenTheConnectionIsClosed) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"*1\r\n$9223372036854775808\r\n", "ERR Protocol error: invalid bulk length"},
      {"*1\r\n$-5\r\n", "ERR Protocol error: invalid bulk length"},
      {"*99999999999999\r\n", "ERR Protocol error: invalid multibulk length"},
      {"*1\r\nxyz\r\n", "ERR Protocol error: expected '$', got 'x'"},
      {"SET \"a\r\n", "ERR Protocol error: unbalanced quotes in request"},
      {std::string(1 << 20, 'a'), "ERR Protocol error: too big inline request"},
  };
  for (const auto& [bytes, error] : cases) {
    auto connection = cluster().connect(1);
    const auto sent = connection.send_bytes(bytes, soon());
    EXPECT_EQ(receive(connection), "(error) " + error) << bytes.substr(0, 40);
    EXPECT_THAT(receive(connection), StartsWith("(no reply)"));
  }
}

TEST_F(BadInput, RandomBytes_HarmNobodyElse) {
  Prng prng(1);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(prng.below(2000), ' ');
    for (char& byte : bytes) byte = static_cast<char>(prng.next());
    auto connection = cluster().connect(1 + i % 3);
    static_cast<void>(connection.send_bytes(bytes, soon()));
  }
}

TEST_F(BadInput, HalfARequestThenAClose_IsForgotten) {
  for (int i = 0; i < 50; ++i) {
    auto connection = cluster().connect(1 + i % 3);
    ASSERT_TRUE(connection.send_bytes("*3\r\n$3\r\nSET\r\n$1\r\nhalf", soon()));
  }
}

TEST_F(BadInput, ValueOverTheLimit_IsRefusedAndTheConnectionGoesOn) {
  auto connection = cluster().connect(1);
  EXPECT_THAT(ask(connection, {"SET", "k", std::string(kLongestValue + 1, 'v')}),
              StartsWith("(error) ERR value is longer than the limit"));
  EXPECT_THAT(ask(connection, {"SET", std::string((64 << 10) + 1, 'k'), "v"}),
              StartsWith("(error) ERR key is longer than the limit"));
  EXPECT_EQ(ask(connection, {"SET", "k", std::string(kLongestValue, 'v')}), "OK");
  EXPECT_EQ(ask(connection, {"GET", "k"}).size(), kLongestValue);
}

// Twice as many arguments as a command may have.
TEST_F(BadInput, MsetOfAMillionKeys_IsRefusedAndTheConnectionGoesOn) {
  auto connection = cluster().connect(1);
  std::vector<std::string> words{"MSET"};
  for (int i = 0; i < 1'000'000; ++i) {
    words.push_back("mset:" + std::to_string(i));
    words.push_back("v");
  }
  EXPECT_EQ(ask(connection, words),
            "(error) ERR command has more arguments than the limit of 1048576");
  EXPECT_EQ(ask(connection, {"EXISTS", "mset:0", "mset:999999"}), "0");
}

TEST_F(BadInput, ClientsOverTheMaximum_AreToldSo) {
  std::vector<client::Connection> connections;
  for (int i = 0; i < 200; ++i) {
    connections.push_back(cluster().connect(1));
    ASSERT_EQ(ask(connections.back(), {"PING"}), "PONG") << i;
  }
  auto refused = cluster().connect(1);
  EXPECT_EQ(receive(refused), "(error) ERR max number of clients reached");
  EXPECT_EQ(ask(connections.front(), {"PING"}), "PONG");
  connections.clear();
  cli::wait_until("room for clients", std::chrono::seconds(5), [&] {
    auto connection = cluster().connect(1);
    return ask(connection, {"PING"}) == "PONG";
  });
}

// 4 MB of requests for 2 MiB each: the answers would be 400 GB.
TEST_F(BadInput, ClientThatAsksAndNeverReads_CostsBoundedMemoryAndNobodyElse) {
  const int id = leader();
  auto writer = cluster().connect(id);
  ASSERT_EQ(ask(writer, {"SET", "big", std::string(kLongestValue, 'v')}), "OK");
  const std::size_t before = resident_bytes(pid(id));
  auto greedy = cluster().connect(id);
  std::string requests;
  for (int i = 0; i < 200'000; ++i) requests += "*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n";
  const auto sent = greedy.send_bytes(requests, client::Clock::now() + std::chrono::seconds(2));
  EXPECT_FALSE(sent) << "the server should have stopped reading";
  EXPECT_EQ(ask(writer, {"GET", "big"}).size(), kLongestValue);
  EXPECT_LT(resident_bytes(pid(id)), before + (100u << 20));
}

TEST_F(BadInput, SlowReader_GetsAllRepliesInOrder) {
  auto connection = cluster().connect(1);
  constexpr int kRequests = 600;
  const std::string padding(100'000, 'p');
  std::string requests;
  for (int i = 0; i < kRequests; ++i) {
    requests += "*2\r\n$4\r\nECHO\r\n$" + std::to_string(padding.size() + 3) + "\r\n" +
                std::to_string(100 + i) + padding + "\r\n";
  }
  std::jthread sender([&] { static_cast<void>(connection.send_bytes(requests, soon())); });
  // All within the time of one: a pause of a heartbeat at each would be too long.
  const auto until = soon();
  for (int i = 0; i < kRequests; ++i) {
    const auto reply = connection.receive(until);
    ASSERT_TRUE(reply) << i << ": " << reply.error();
    ASSERT_EQ(std::get<resp::Value::Bulk>(reply->value).bytes, std::to_string(100 + i) + padding);
  }
}

TEST(ManyClients, TenThousandConnections_AreAllServed) {
  constexpr std::size_t kClients = 10'000;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < kClients + 1000) {
    GTEST_SKIP() << "the limit of open files is " << limit.rlim_max << "; raise it with ulimit -Hn";
  }
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &raised);
  Servers cluster({}, 1);
  std::vector<client::Connection> connections;
  for (std::size_t i = 0; i < kClients; ++i) connections.push_back(cluster.connect(1));
  for (auto& connection : connections) {
    ASSERT_TRUE(connection.send({"INCR", "n"}, soon()));
  }
  std::vector<int> replies;
  for (auto& connection : connections) replies.push_back(std::stoi(receive(connection)));
  std::ranges::sort(replies);
  for (std::size_t i = 0; i < kClients; ++i) ASSERT_EQ(replies[i], static_cast<int>(i + 1));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace holdfast::e2e
