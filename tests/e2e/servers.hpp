#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/local_cluster.hpp"
#include "client/clerk.hpp"
#include "client/connection.hpp"

namespace holdfast::e2e {

// Three real servers, started and with a leader. A defect that one of them reported, a sanitizer's
// finding or a failed CHECK, fails the test, even if the test would not have noticed.
class Servers : public cli::LocalCluster {
 public:
  explicit Servers(std::vector<std::string> args = {}, int count = 3)
      : LocalCluster(count, std::move(args), HOLDFAST_BINARY) {
    leader_at_start = start();
  }
  ~Servers();

  client::Connection connect(int id) { return connect_to(servers().client_address(id)); }
  static client::Connection connect_to(const Address& address);

  // For a command line: " --endpoints …", all nodes.
  std::string endpoints() { return endpoints_option(servers().endpoints()); }
  static std::string endpoints_option(const std::vector<Address>& addresses);

  int leader_at_start = 0;
};

client::Clock::time_point soon();
// The reply's text; "(error) …" for an error, "(no reply) …" if there is none.
std::string ask(client::Connection& connection, const std::vector<std::string>& args);
std::string receive(client::Connection& connection);

// Stops clients that append "0;", "1;" … to keys of their own: what was acknowledged is there once
// and in order, and nothing else.
template <class Clients>
void stop_and_check_appends(cli::LocalCluster& cluster, const Clients& clients) {
  for (const auto& client : clients) client->thread.request_stop();
  for (const auto& client : clients) client->thread.join();
  auto clerk = cluster.clerk();
  for (const auto& client : clients) {
    EXPECT_EQ(client->failure, "");
    std::string expected;
    for (int i = 0; i < client->acknowledged; ++i) expected += std::to_string(i) + ";";
    const auto value = clerk.get(client->key);
    ASSERT_TRUE(value) << value.error().text;
    EXPECT_EQ(value->value_or(""), expected) << "what is in " << client->key;
  }
}

// Clients that append to keys of their own until they are stopped, each through a Clerk.
class Appenders {
 public:
  Appenders(const std::vector<Address>& endpoints, int count);
  ~Appenders();

  int acknowledged() const;
  // Stops them; all of what they appended is there exactly once and in order, what was
  // acknowledged without exception.
  void stop_and_check(cli::LocalCluster& cluster);

 private:
  struct Client;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace holdfast::e2e
