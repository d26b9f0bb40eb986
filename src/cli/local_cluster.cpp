#include "cli/local_cluster.hpp"

#include <fmt/format.h>

#include <set>
#include <thread>

#include "base/overload.hpp"
#include "client/connection.hpp"

namespace holdfast::cli {

namespace {

using resp::Value;

constexpr auto kPoll = std::chrono::milliseconds(10);

std::string as_text(const Value& reply) {
  return std::visit(Overload{[](const Value::Status& status) { return status.text; },
                             [](const Value::Error& error) { return "(error) " + error.text; },
                             [](const Value::Bulk& bulk) { return bulk.bytes; },
                             [](std::int64_t number) { return std::to_string(number); },
                             [](const auto&) { return std::string("(nil)"); }},
                    reply.value);
}

}  // namespace

void expect(bool holds, const std::string& expected, const std::string& seen) {
  if (!holds) throw NotAsExpected("expected: " + expected + "\nseen: " + seen);
}

void wait_until(const std::string& what, std::chrono::seconds limit,
                const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    expect(std::chrono::steady_clock::now() < deadline, what,
           fmt::format("not within {} s", limit.count()));
    std::this_thread::sleep_for(kPoll);
  }
}

std::string milliseconds_since(LocalCluster::Time begin) {
  const auto passed = std::chrono::steady_clock::now() - begin;
  return fmt::format("{} ms",
                     std::chrono::duration_cast<std::chrono::milliseconds>(passed).count());
}

LocalCluster::LocalCluster(int count, std::vector<std::string> args, std::string program)
    : servers_(count, std::move(args), std::move(program)) {}

int LocalCluster::start() {
  servers_.start_all();
  return wait_for_leader();
}

client::NodeStatus LocalCluster::status(int id) const {
  auto status = client::ask_status_and_digest(servers_.client_address(id));
  expect(status.has_value(), fmt::format("node {} to answer", id), status ? "" : status.error());
  return std::move(*status);
}

std::vector<int> LocalCluster::others(int id) const {
  std::vector<int> ids;
  for (int other = 1; other <= servers_.count(); ++other) {
    if (other != id) ids.push_back(other);
  }
  return ids;
}

std::string LocalCluster::ask(int id, const std::vector<std::string>& args) const {
  const auto limit = std::chrono::seconds(10);
  auto connection =
      client::Connection::connect(servers_.client_address(id), client::Clock::now() + limit);
  if (!connection) return "(no connection) " + connection.error();
  const auto reply = connection->call(args, limit);
  return reply ? as_text(*reply) : "(no reply) " + reply.error();
}

int LocalCluster::wait_for_leader() {
  int leader = 0;
  wait_until("one leader that all running nodes agree on", std::chrono::seconds(30), [&] {
    std::set<std::uint64_t> seen;
    int leading = 0;
    for (int id = 1; id <= servers_.count(); ++id) {
      if (!servers_.is_running(id)) continue;
      const auto status = client::ask_status(servers_.client_address(id));
      if (!status) return false;
      seen.insert(status->number("leader"));
      if (status->leads()) leading = id;
    }
    leader = leading;
    return seen.size() == 1 && leading != 0 && *seen.begin() == static_cast<std::uint64_t>(leading);
  });
  return leader;
}

void LocalCluster::wait_until_equal() {
  std::string seen;
  const auto are_equal = [&] {
    std::set<std::uint64_t> applied;
    std::set<std::string> digests;
    seen.clear();
    for (int id = 1; id <= servers_.count(); ++id) {
      if (!servers_.is_running(id)) continue;
      const auto status = client::ask_status_and_digest(servers_.client_address(id));
      if (!status) return false;
      applied.insert(status->number("applied_index"));
      digests.insert(status->text("digest"));
      seen += fmt::format("node {}: applied {}, digest {}\n", id, status->number("applied_index"),
                          status->text("digest"));
    }
    if (applied.size() != 1) return false;
    expect(digests.size() == 1, "equal digests at an equal index", seen);
    return true;
  };
  wait_until("all nodes to have applied the same log", std::chrono::seconds(30), are_equal);
}

}  // namespace holdfast::cli
