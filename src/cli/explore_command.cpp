#include "cli/explore_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "base/planted.hpp"
#include "explore/script.hpp"

namespace holdfast::cli {

namespace {

using explore::Bounds;
using explore::Report;
using explore::Stats;
using Clock = std::chrono::steady_clock;

constexpr int kBroken = 1;
constexpr int kStopped = 3;
constexpr double kGiB = 1024.0 * 1024 * 1024;

struct ExploreSettings {
  Bounds bounds;
  std::uint64_t states_max = 0;
  double memory_max_gib = 8;
  double timeout_s = 0;
  std::string plant;
  std::string script;
};

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// Tells how far it is, and when it must stop.
class Watch {
 public:
  explicit Watch(const ExploreSettings& settings) : settings_(settings) {}

  bool go_on(const Stats& stats) {
    const double bytes = resident_bytes();
    const double s = seconds();
    if (settings_.states_max != 0 && stats.states >= settings_.states_max) {
      return stop("--states-max");
    }
    if (settings_.timeout_s != 0 && s >= settings_.timeout_s) return stop("--timeout");
    if (bytes + static_cast<double>(stats.growth) > settings_.memory_max_gib * kGiB) {
      return stop("--memory-max");
    }
    if (terminal_ && s >= shown_s_ + 0.5) {
      shown_s_ = s;
      std::cerr
          << fmt::format(
                 "\r{:.1f} M states, depth {}, {:.1f} M waiting, {:.0f} k/s, {:.1f} GiB \x1b[K",
                 static_cast<double>(stats.states) / 1e6, stats.depth,
                 static_cast<double>(stats.waiting) / 1e6,
                 static_cast<double>(stats.states) / s / 1e3, bytes / kGiB)
          << std::flush;
    }
    return true;
  }

  void clear_line() const {
    if (terminal_) std::cerr << "\r\x1b[K" << std::flush;
  }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  const std::string& stopped_by() const { return stopped_by_; }

 private:
  bool stop(const char* option) {
    stopped_by_ = option;
    return false;
  }

  const ExploreSettings& settings_;
  Clock::time_point start_ = Clock::now();
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  double shown_s_ = 0;
  std::string stopped_by_;
};

void print(const Stats& stats, double seconds) {
  const auto states = static_cast<double>(stats.states);
  const double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  std::cout << fmt::format(
      "states       {} distinct, {} not explored\n"
      "transitions  {}\n"
      "depth        {} steps\n"
      "nodes        {} states of single nodes, {} messages, {} turns\n"
      "time         {:.1f} s; {:.1f} s of the processor, {:.0f} states in each\n"
      "memory       {:.2f} GiB\n"
      "overlooked   with odds of {:.0e}: two states with the same 64-bit fingerprint\n",
      stats.states, stats.waiting, stats.transitions, stats.depth, stats.node_states,
      stats.messages, stats.turns, seconds, cpu, states / cpu, resident_bytes() / kGiB,
      states * states / std::exp2(65));
}

int print_counterexample(const explore::Counterexample& found, const explore::Model& model,
                         const std::string& path) {
  std::cout << fmt::format("broken       after {} steps: {}\n", found.steps.size(), found.property);
  const std::string script = explore::script_of(found, model);
  if (path.empty()) {
    std::cout << "\n" << script;
    return kBroken;
  }
  std::ofstream out(path);
  out << script << std::flush;
  if (!out) throw std::runtime_error("--script: can't write " + path);
  std::cout << fmt::format("script       {}\n", path);
  return kBroken;
}

int explore_all(const ExploreSettings& settings) {
  explore::Explorer explorer(settings.bounds);
  Watch watch(settings);
  const Report report = explorer.run([&](const Stats& stats) { return watch.go_on(stats); });
  const double seconds = watch.seconds();
  watch.clear_line();
  print(report.stats, seconds);
  switch (report.end) {
    case Report::End::kExhausted:
      std::cout << "end          nothing is left to explore; every property holds\n";
      return 0;
    case Report::End::kStopped:
      std::cout << fmt::format("end          stopped by {}; nothing is broken so far\n",
                               watch.stopped_by());
      return kStopped;
    case Report::End::kBroken:
      return print_counterexample(*report.counterexample, explorer.model(), settings.script);
  }
  return 0;
}

void add_bounds(CLI::App& command, Bounds& bounds) {
  const auto add = [&](const char* name, auto& bound, int low, int high, const char* what) {
    command.add_option(name, bound, what)
        ->type_name("N")
        ->check(CLI::Range(low, high))
        ->capture_default_str();
  };
  add("--nodes", bounds.nodes, 2, explore::kNodesMax, "Nodes of the cluster");
  add("--terms", bounds.terms, 1, explore::kTermsMax, "The highest term");
  add("--messages", bounds.messages, 1, explore::kMessagesMax,
      "Messages in flight; of more than these, each choice is tried");
  add("--writes", bounds.writes, 0, 4, "Writes of a disk under way; the oldest of more finishes");
  add("--entries", bounds.entries, 1, explore::kEntriesMax, "Entries of one AppendRequest");
  add("--proposals", bounds.proposals, 0, explore::kEntriesMax, "Commands proposed to leaders");
  add("--crashes", bounds.crashes, 0, 9, "Crashes, each with a restart");
  add("--duplicates", bounds.duplicates, 0, 9, "Messages delivered a second time");
  add("--reads", bounds.reads, 0, 9, "Linearizable reads asked for");
  add("--transfers", bounds.transfers, 0, 9, "Leaderships handed over");
  add("--changes", bounds.changes, 0, 9, "Changes of the membership, to any set of voters");
  add("--snapshots", bounds.snapshots, 0, 9, "Snapshots made; sent and installed at will");
  add("--voters", bounds.voters, 1, explore::kNodesMax, "Nodes that begin as members");
  command.add_flag("--pre-votes", bounds.pre_votes,
                   "Explore pre-votes message by message; else they are granted at once");
}

void check(const ExploreSettings& settings) {
  const Bounds& bounds = settings.bounds;
  if (explore::longest_log(bounds) > explore::kEntriesMax) {
    throw CLI::ValidationError(
        fmt::format("the longest log, --terms and --proposals and twice --changes, is at most {}",
                    explore::kEntriesMax));
  }
  if (settings.plant.empty()) return;
  const auto bug = find_planted_bug(settings.plant);
  if (!kHasPlantedBugs) {
    throw CLI::ValidationError("--plant", "this build has no planted bugs; see docs/exploring.md");
  }
  if (!bug) throw CLI::ValidationError("--plant", "there is no bug " + settings.plant);
  plant(*bug);
}

}  // namespace

void add_explore_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "explore",
      "Explore all that a Raft cluster can do within bounds. Exit code 1 if a property of Raft is "
      "broken, 3 if it was stopped early");
  const auto settings = std::make_shared<ExploreSettings>();
  add_bounds(*command, settings->bounds);
  command->add_option("--states-max", settings->states_max, "Stop at so many distinct states")
      ->type_name("N");
  command->add_option("--memory-max", settings->memory_max_gib, "Stop at so much memory")
      ->type_name("GiB")
      ->capture_default_str();
  command->add_option("--timeout", settings->timeout_s, "Stop after so long")->type_name("S");
  command->add_option("--plant", settings->plant, "Switch on a bug, in a build that has them")
      ->type_name("NAME");
  command->add_option("--script", settings->script, "Write a counterexample there")
      ->type_name("FILE");
  command->callback([settings, &exit_code] {
    check(*settings);
    exit_code = explore_all(*settings);
  });
}

}  // namespace holdfast::cli
