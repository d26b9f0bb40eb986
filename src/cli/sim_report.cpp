#include "cli/sim_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "sim/last_events.hpp"

namespace holdfast::cli {

namespace {

constexpr std::size_t kLastEvents = 40;

std::string milliseconds(Duration time) {
  return fmt::format("{}.{:03} ms", time.count() / 1000, time.count() % 1000);
}

std::string command_for(const SimSettings& settings, const sim::Plan& plan,
                        const std::vector<std::size_t>& kept) {
  std::string command = fmt::format("holdfast sim --seed {}", plan.seed);
  if (settings.nodes) command += fmt::format(" --nodes {}", *settings.nodes);
  command += fmt::format(" --duration {}", plan.duration.count() / 1000);
  if (!settings.plant.empty()) command += " --plant " + settings.plant;
  return command +
         fmt::format(" --keep {}", kept.empty() ? "none" : fmt::format("{}", fmt::join(kept, ",")));
}

}  // namespace

ProgressLine::ProgressLine() : on_terminal_(::isatty(STDERR_FILENO) == 1) {}

void ProgressLine::show(const std::string& text) {
  if (!on_terminal_) return;
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (!shown_) return;
  std::fprintf(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

std::string progress_bar(std::uint64_t done, std::uint64_t all) {
  constexpr std::size_t kWidth = 30;
  const std::size_t filled = all == 0 ? kWidth : static_cast<std::size_t>(done * kWidth / all);
  return fmt::format("[{}{}] {:>3} %", std::string(filled, '#'), std::string(kWidth - filled, '.'),
                     all == 0 ? 100 : done * 100 / all);
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

void print_tally(const sim::Tally& tally) {
  for (const auto& [what, times] : tally.counts()) {
    std::cout << fmt::format("  {:>14}  {}\n", grouped(times), what);
  }
}

void print_run(const sim::Plan& plan, const sim::RunResult& result, double seconds) {
  std::cout << fmt::format("seed {}: {}\n", plan.seed, plan.text());
  std::cout << fmt::format(
      "{} events in {} of virtual time, {:.2f} s ({} events/s)\nhash {:016x}\n",
      grouped(result.events), milliseconds(result.virtual_time), seconds,
      grouped(
          static_cast<std::uint64_t>(static_cast<double>(result.events) / std::max(seconds, 1e-6))),
      result.hash);
}

void report_violation(const SimSettings& settings, const sim::Plan& plan,
                      const sim::RunResult& broken) {
  std::cout << fmt::format("\nseed {} broke: {}\n", plan.seed, *broken.violation);
  ProgressLine line;
  const sim::Shrunk shrunk =
      sim::shrink(plan, broken, settings.shrink_runs, [&](const sim::Shrunk& now) {
        line.show(fmt::format("shrinking: {} of {} faults left after {} runs", now.kept.size(),
                              plan.faults.size(), now.runs));
      });
  line.clear();
  std::cout << fmt::format("\nshrunk in {} runs, {} of {} faults are needed: {}\n", shrunk.runs,
                           shrunk.kept.size(), plan.faults.size(), *shrunk.result.violation);
  for (const std::size_t index : shrunk.kept) {
    const sim::Fault& fault = plan.faults[index];
    std::cout << fmt::format("  fault {:>2} at {:>6} ms for {:>5} ms: {}\n", index,
                             fault.at.count() / 1000, fault.lasts.count() / 1000,
                             to_string(fault.kind));
  }
  sim::LastEvents last(kLastEvents);
  sim::run(shrunk.plan, &last);
  std::cout << "\nthe last events:\n";
  for (const std::string& text : last.lines()) std::cout << "  " << text << "\n";
  std::cout << "\nto see it again:\n  " << command_for(settings, shrunk.plan, shrunk.kept)
            << " --html run.html\n";
}

}  // namespace holdfast::cli
