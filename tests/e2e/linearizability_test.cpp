#include <sys/wait.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "e2e/servers.hpp"
#include "lincheck/check.hpp"
#include "lincheck/json_lines.hpp"

namespace holdfast::e2e {
namespace {

using cli::wait_until;
using namespace std::chrono_literals;

std::int64_t now_ns() {
  return std::chrono::nanoseconds(client::Clock::now().time_since_epoch()).count();
}

// Clients that put, append and get the same few keys, each through a Clerk, and note what they saw.
class Recorders {
 public:
  Recorders(const std::vector<Address>& endpoints, std::uint64_t count) {
    for (std::uint64_t client = 1; client <= count; ++client) {
      threads_.emplace_back(
          [this, endpoints, client](const std::stop_token& stop) { run(endpoints, client, stop); });
    }
  }

  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return history_.size();
  }
  lincheck::History stop() {
    threads_.clear();
    return std::move(history_);
  }

 private:
  void run(const std::vector<Address>& endpoints, std::uint64_t client,
           const std::stop_token& stop) {
    client::Clerk clerk(endpoints);
    for (int number = 0; !stop.stop_requested(); ++number) {
      const std::string key = "k" + std::to_string(number % 3);
      const std::string value = "[" + std::to_string(client) + "." + std::to_string(number) + "]";
      switch ((number + static_cast<int>(client)) % 4) {
        case 0: {
          auto operation = lincheck::put(client, key, value, now_ns());
          if (clerk.put(key, value)) operation.return_ns = now_ns();
          add(std::move(operation));
          break;
        }
        case 1: {
          auto operation = lincheck::append(client, key, value, now_ns());
          if (const auto length = clerk.append(key, value)) {
            operation.output = *length;
            operation.return_ns = now_ns();
          }
          add(std::move(operation));
          break;
        }
        default: {
          auto operation = lincheck::get(client, key, now_ns());
          if (const auto found = clerk.get(key)) {
            operation.output = std::vector{*found};
            operation.return_ns = now_ns();
          }
          add(std::move(operation));
        }
      }
    }
  }
  void add(lincheck::Operation operation) {
    const std::lock_guard lock(mutex_);
    history_.push_back(std::move(operation));
  }

  std::mutex mutex_;
  lincheck::History history_;
  std::vector<std::jthread> threads_;
};

TEST(Linearizability, LeadersKilledUnderClientsThatShareKeys_HistoryHasAnOrder) {
  Servers cluster;
  Recorders recorders(cluster.servers().endpoints(), 5);
  for (int kill = 0; kill < 4; ++kill) {
    const std::size_t before = recorders.size();
    wait_until("more operations", 60s, [&] { return recorders.size() > before + 200; });
    const int leader = cluster.wait_for_leader();
    cluster.servers().kill9(leader);
    cluster.wait_for_leader();
    cluster.servers().start(leader);
  }
  const lincheck::History history = recorders.stop();
  lincheck::Options options;
  options.steps_max = 100'000'000;
  const lincheck::Result result = lincheck::check_kv(history, options);
  EXPECT_EQ(result.verdict, lincheck::Verdict::kLinearizable) << result.text(history);

  // The format of `holdfast check`, which must say the same of it.
  const auto file = std::filesystem::temp_directory_path() /
                    ("holdfast-history-" + std::to_string(::getpid()) + ".jsonl");
  {
    std::ofstream out(file);
    lincheck::write_history(history, out);
  }
  const std::string command = std::string(HOLDFAST_BINARY) + " check " + file.string();
  const int status = std::system((command + " >/dev/null").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 0) << command;
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace holdfast::e2e
