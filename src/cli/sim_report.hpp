#pragma once

#include <string>

#include "cli/sim_settings.hpp"
#include "sim/shrink.hpp"
#include "sim/swarm.hpp"

namespace holdfast::cli {

// A line on a terminal that is written over as work goes on; nothing where stderr is a file.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  void show(const std::string& text);
  void clear();

 private:
  bool on_terminal_;
  bool shown_ = false;
};

// [#####.....] 50 %
std::string progress_bar(std::uint64_t done, std::uint64_t all);
// 1234567 as 1,234,567
std::string grouped(std::uint64_t number);

void print_tally(const sim::Tally& tally);
void print_run(const sim::Plan& plan, const sim::RunResult& result, double seconds);
// What broke, the shrunk schedule, the last events, and how to see it again.
void report_violation(const SimSettings& settings, const sim::Plan& plan,
                      const sim::RunResult& broken);

}  // namespace holdfast::cli
