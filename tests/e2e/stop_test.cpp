// What clients see of a node that is told to stop, or to let another lead.
#include <signal.h>
#include <sys/socket.h>

#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using resp::Value;
using testing::AnyOf;
using testing::StartsWith;

void ask_for_moves(client::Connection& connection) {
  ASSERT_TRUE(connection.send({"HELLO", "3"}, soon()));
  receive(connection);
  ASSERT_EQ(ask(connection, {"CLIENT", "MAINT_NOTIFICATIONS", "ON"}), "OK");
}

// Where the client is told to go on; empty if it is told anything else.
std::string told_to_move(client::Connection& connection) {
  const auto said = connection.receive(soon());
  const auto* push = said ? std::get_if<Value::Push>(&said->value) : nullptr;
  if (push == nullptr || push->items.size() != 4) return {};
  const auto* word = std::get_if<Value::Bulk>(&push->items[0].value);
  const auto* address = std::get_if<Value::Bulk>(&push->items[3].value);
  return word != nullptr && word->bytes == "MOVING" && address != nullptr ? address->bytes : "";
}

TEST(Stop, RequestsThatHadArrived_AreAnsweredThenTheConnectionEnds) {
  constexpr int kRequests = 100;
  Servers cluster;
  for (int id : {cluster.others(cluster.leader_at_start)[0], cluster.leader_at_start}) {
    auto connection = cluster.connect(id);
    ASSERT_EQ(ask(connection, {"PING"}), "PONG");
    std::string requests;
    for (int i = 0; i < kRequests; ++i) requests += "SET k" + std::to_string(i) + " v\r\n";
    ASSERT_TRUE(connection.send_bytes(requests, soon()));
    cluster.servers().signal(id, SIGTERM);
    for (int i = 0; i < kRequests; ++i) ASSERT_EQ(receive(connection), "OK") << i;
    EXPECT_THAT(receive(connection), StartsWith("(no reply)"));
    EXPECT_EQ(cluster.servers().wait_for_exit(id), 0);
    cluster.servers().start(id);
    cluster.wait_for_leader();
  }
  EXPECT_EQ(cluster.ask(1, {"DBSIZE"}), std::to_string(kRequests));
}

TEST(Stop, ClientThatHasAskedToBeTold_IsServedUntilItHasMoved) {
  Servers cluster;
  const int leader = cluster.leader_at_start;
  auto connection = cluster.connect(leader);
  ask_for_moves(connection);
  cluster.servers().signal(leader, SIGTERM);
  const auto others = cluster.others(leader);
  const std::string address = told_to_move(connection);
  EXPECT_THAT(address, AnyOf(cluster.servers().client_address(others[0]).to_string(),
                             cluster.servers().client_address(others[1]).to_string()));
  EXPECT_EQ(ask(connection, {"SET", "k", "v"}), "OK");
  auto moved = Servers::connect_to(*Address::parse(address));
  EXPECT_EQ(ask(moved, {"GET", "k"}), "v");
  ::shutdown(connection.socket(), SHUT_RDWR);
  EXPECT_EQ(cluster.servers().wait_for_exit(leader), 0);
}

TEST(Stop, ClientThatIsToldAndStays_DoesNotKeepTheNodeFromStopping) {
  Servers cluster;
  const int follower = cluster.others(cluster.leader_at_start)[0];
  auto connection = cluster.connect(follower);
  ask_for_moves(connection);
  EXPECT_EQ(cluster.servers().terminate(follower), 0);
  EXPECT_EQ(told_to_move(connection),
            cluster.servers().client_address(cluster.leader_at_start).to_string());
  EXPECT_THAT(receive(connection), StartsWith("(no reply)"));
}

TEST(Transfer, ClientOfTheOldLeader_IsToldWhoLeads) {
  Servers cluster;
  const int leader = cluster.leader_at_start;
  const int target = cluster.others(leader)[1];
  auto connection = cluster.connect(leader);
  ask_for_moves(connection);
  auto plain = cluster.connect(leader);
  EXPECT_EQ(cluster.ask(leader, {"RAFT", "TRANSFER", std::to_string(target)}), "OK");
  EXPECT_EQ(told_to_move(connection), cluster.servers().client_address(target).to_string());
  EXPECT_EQ(ask(connection, {"SET", "k", "v"}), "OK") << "it may stay";
  EXPECT_EQ(ask(plain, {"GET", "k"}), "v") << "and has not been told";
}

}  // namespace
}  // namespace holdfast::e2e
