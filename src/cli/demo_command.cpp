#include "cli/demo_command.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <iostream>
#include <thread>

#include "cli/demo_steps.hpp"

namespace holdfast::cli {

namespace {

void say(const std::string& line) {
  std::cout << "   " << line << std::endl;
}

// Ctrl-C must leave nothing behind either. From block() on, before there is anything, signals
// wait for the watch; it ends the process at one.
class InterruptWatch {
 public:
  static sigset_t block() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGHUP);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
  }

  InterruptWatch(sigset_t signals, ChildServers& servers)
      : thread_([this, signals, &servers] {
          int number = 0;
          ::sigwait(&signals, &number);
          if (is_over_) return;
          servers.abandon();
          std::cerr << "demo: interrupted\n";
          ::_exit(128 + number);
        }) {}
  ~InterruptWatch() {
    is_over_ = true;
    ::pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }

 private:
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

void explain(const NotAsExpected& failure, const ChildServers& servers) {
  std::cerr << "   FAILED\n   " << failure.what() << "\n";
  for (int id = 1; id <= servers.count(); ++id) {
    std::cerr << fmt::format("   the last lines of node {}'s log:\n{}", id, servers.log_tail(id));
  }
}

int run_demo() {
  const sigset_t signals = InterruptWatch::block();
  // Short, so that a minority's refusal need not be waited for long.
  LocalCluster cluster(3, {"--request-timeout=2s"});
  const InterruptWatch watch(signals, cluster.servers());
  const std::vector<DemoStep> steps = demo_steps();
  std::cout << "Three servers on loopback, as processes of their own.\n";
  std::size_t passed = 0;
  for (const DemoStep& step : steps) {
    std::cout << fmt::format("\n{}. {}\n", passed + 1, step.title) << std::flush;
    try {
      step.run(cluster, say);
      ++passed;
    } catch (const NotAsExpected& failure) {
      explain(failure, cluster.servers());
      break;  // the steps build on each other
    }
  }
  std::cout << fmt::format("\ndemo: {} of {} steps passed\n", passed, steps.size());
  return passed == steps.size() ? 0 : 1;
}

}  // namespace

void add_demo_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("demo", "Start three servers in a temporary folder and show them at work");
  command->callback([&exit_code] { exit_code = run_demo(); });
}

}  // namespace holdfast::cli
