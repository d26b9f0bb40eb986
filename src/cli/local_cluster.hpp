#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/child_servers.hpp"
#include "client/clerk.hpp"
#include "client/node_status.hpp"

namespace holdfast::cli {

// What was expected and what was seen.
struct NotAsExpected : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Servers on loopback, and what the demo and the tests ask of them. What does not come about in
// time throws NotAsExpected.
class LocalCluster {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // As ChildServers takes them.
  explicit LocalCluster(int count, std::vector<std::string> args = {},
                        std::string program = "/proc/self/exe");

  ChildServers& servers() { return servers_; }
  // All of them, until there is a leader; returns it.
  int start();
  client::Clerk clerk() const { return client::Clerk(servers_.endpoints()); }

  // Waits for one leader that all running nodes agree on.
  int wait_for_leader();
  // Waits until every running node has the same log applied, and compares the digests.
  void wait_until_equal();
  client::NodeStatus status(int id) const;
  std::vector<int> others(int id) const;
  // A command to this one node; its reply as a line of text.
  std::string ask(int id, const std::vector<std::string>& args) const;

 private:
  ChildServers servers_;
};

void expect(bool holds, const std::string& expected, const std::string& seen);
void wait_until(const std::string& what, std::chrono::seconds limit,
                const std::function<bool()>& holds);
std::string milliseconds_since(LocalCluster::Time begin);
template <class T>
T expect_done(std::expected<T, client::ClerkError> result, const std::string& what) {
  expect(result.has_value(), what + " to succeed", result ? "" : result.error().text);
  return std::move(*result);
}

}  // namespace holdfast::cli
