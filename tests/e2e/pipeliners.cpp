#include "e2e/pipeliners.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "e2e/servers.hpp"

namespace holdfast::e2e {

namespace {

constexpr int kUnderWay = 8;

}  // namespace

struct Pipeliners::Client {
  Client(std::string of_key, const Address& node) : key(std::move(of_key)) {
    thread = std::jthread([this, node](const std::stop_token& stop) { run(node, stop); });
  }

  void run(const Address& node, const std::stop_token& stop) {
    auto connection = client::Connection::connect(node, soon());
    if (!connection) return fail(connection.error());
    int sent = 0;
    for (auto last = client::Clock::now(); !stop.stop_requested() || acknowledged < sent;) {
      for (; sent < acknowledged + kUnderWay && !stop.stop_requested(); ++sent) {
        const auto done = connection->send({"APPEND", key, std::to_string(sent) + ";"}, soon());
        if (!done) return fail(done.error());
      }
      if (acknowledged == sent) break;
      const auto reply = connection->receive(soon());
      if (!reply) return fail(reply.error());
      if (const auto* error = std::get_if<resp::Value::Error>(&reply->value)) fail(error->text);
      const auto now = client::Clock::now();
      longest_pause = std::max(longest_pause, now - last);
      last = now;
      ++acknowledged;
    }
  }
  void fail(const std::string& why) {
    if (failure.empty()) failure = why;
  }

  std::string key;
  std::atomic<int> acknowledged = 0;
  // Of the thread, until it has ended.
  client::Clock::duration longest_pause{};
  std::string failure;
  std::jthread thread;
};

Pipeliners::Pipeliners(const std::string& name, const std::vector<Address>& nodes, int count) {
  for (int i = 0; i < count; ++i) {
    const Address& node = nodes[static_cast<std::size_t>(i) % nodes.size()];
    clients_.push_back(std::make_unique<Client>(name + std::to_string(i), node));
  }
}

Pipeliners::~Pipeliners() = default;

int Pipeliners::acknowledged() const {
  int sum = 0;
  for (const auto& client : clients_) sum += client->acknowledged;
  return sum;
}

void Pipeliners::stop_and_check(cli::LocalCluster& cluster) {
  stop_and_check_appends(cluster, clients_);
}

std::chrono::milliseconds Pipeliners::longest_pause() const {
  client::Clock::duration longest{};
  for (const auto& client : clients_) longest = std::max(longest, client->longest_pause);
  return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

}  // namespace holdfast::e2e
