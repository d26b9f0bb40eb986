#include "e2e/servers.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <thread>

#include "base/overload.hpp"

namespace holdfast::e2e {

using resp::Value;

namespace {

bool tells_a_defect(const std::string& line) {
  constexpr std::array kSigns{"Sanitizer:", "runtime error:", "CHECK failed", "please report this"};
  return std::ranges::any_of(kSigns, [&](const char* sign) { return line.contains(sign); });
}

}  // namespace

Servers::~Servers() {
  for (int id = 1; id <= servers().count(); ++id) {
    servers().kill9(id);
    std::ifstream log(servers().log_file(id));
    std::string report;
    for (std::string line; std::getline(log, line);) {
      if (!report.empty() || tells_a_defect(line)) report += line + "\n";
    }
    EXPECT_TRUE(report.empty()) << "node " << id << " logged:\n" << report;
  }
}

std::string Servers::endpoints_option(const std::vector<Address>& addresses) {
  std::string option;
  for (const Address& address : addresses) {
    option += (option.empty() ? " --endpoints " : ",") + address.to_string();
  }
  return option;
}

client::Clock::time_point soon() {
  return client::Clock::now() + std::chrono::seconds(20);
}

client::Connection Servers::connect_to(const Address& address) {
  auto connection = client::Connection::connect(address, soon());
  cli::expect(connection.has_value(), "a connection", connection ? "" : connection.error());
  return std::move(*connection);
}

std::string receive(client::Connection& connection) {
  const auto reply = connection.receive(soon());
  if (!reply) return "(no reply) " + reply.error();
  return std::visit(Overload{[](const Value::Status& status) { return status.text; },
                             [](const Value::Error& error) { return "(error) " + error.text; },
                             [](const Value::Bulk& bulk) { return bulk.bytes; },
                             [](std::int64_t number) { return std::to_string(number); },
                             [](const auto&) { return std::string("(nil)"); }},
                    reply->value);
}

std::string ask(client::Connection& connection, const std::vector<std::string>& args) {
  const auto sent = connection.send(args, soon());
  return sent ? receive(connection) : "(not sent) " + sent.error();
}

struct Appenders::Client {
  Client(const std::vector<Address>& endpoints, int number)
      : key("appender" + std::to_string(number)) {
    thread = std::jthread([this, endpoints](const std::stop_token& stop) { run(endpoints, stop); });
  }

  void run(const std::vector<Address>& endpoints, const std::stop_token& stop) {
    client::Clerk clerk(endpoints);
    while (!stop.stop_requested()) {
      const auto done = clerk.append(key, std::to_string(acknowledged) + ";");
      if (!done) {
        failure = done.error().text;
        return;
      }
      ++acknowledged;
    }
  }

  std::string key;
  std::atomic<int> acknowledged = 0;
  std::string failure;
  std::jthread thread;
};

Appenders::Appenders(const std::vector<Address>& endpoints, int count) {
  for (int i = 0; i < count; ++i) clients_.push_back(std::make_unique<Client>(endpoints, i));
}

Appenders::~Appenders() = default;

int Appenders::acknowledged() const {
  int sum = 0;
  for (const auto& client : clients_) sum += client->acknowledged;
  return sum;
}

void Appenders::stop_and_check(cli::LocalCluster& cluster) {
  stop_and_check_appends(cluster, clients_);
}

}  // namespace holdfast::e2e
