#include "cli/check_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lincheck/check.hpp"
#include "lincheck/json_lines.hpp"
#include "lincheck/page.hpp"

namespace holdfast::cli {

namespace {

using Clock = std::chrono::steady_clock;
using lincheck::Verdict;

constexpr int kLinearizable = 0;
constexpr int kNotLinearizable = 1;
constexpr int kUnknown = 2;

struct CheckSettings {
  std::vector<std::string> files;
  std::string model = "kv";
  double timeout_s = 0;
  std::size_t memory_mb = 4096;
  std::string html;
};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Ends a check at its deadline, and meanwhile tells people at a terminal how it goes.
class Watch {
 public:
  Watch(Clock::time_point begin, double timeout_s)
      : begin_(begin), timeout_s_(timeout_s), shows_(isatty(STDERR_FILENO) != 0) {}
  ~Watch() {
    if (shown_s_ > 0) std::cerr << "\r\033[K";
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  bool look(const lincheck::Progress& progress) {
    const double seconds = seconds_since(begin_);
    if (shows_ && seconds - shown_s_ > 1) {
      shown_s_ = seconds;
      std::cerr << fmt::format("\r\033[K{:.0f} s: {} of {} parts done, {:.1f} million states",
                               seconds, progress.partitions_done, progress.partitions,
                               static_cast<double>(progress.states) / 1e6)
                << std::flush;
    }
    return timeout_s_ > 0 && seconds >= timeout_s_;
  }

 private:
  Clock::time_point begin_;
  double timeout_s_;
  bool shows_;
  double shown_s_ = 0;
};

// Or why it can't be read.
std::expected<lincheck::History, std::string> read_file(const std::string& file,
                                                        lincheck::ModelKind model) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened) return std::unexpected("can't be opened");
  }
  std::istream& in = file == "-" ? std::cin : opened;
  auto history = lincheck::read_history(
      in, [&](const lincheck::Operation& operation) { return defect(operation, model); });
  if (!history) {
    return std::unexpected(
        fmt::format("line {}: {}", history.error().line, history.error().reason));
  }
  if (in.bad()) return std::unexpected("can't be read");
  return std::move(*history);
}

bool write_page_file(const std::string& path, const lincheck::History& history,
                     const lincheck::Result& result, const std::string& title) {
  std::ofstream out(path, std::ios::binary);
  write_page(history, result, title, out);
  out.close();
  if (out) return true;
  std::cerr << "holdfast check: " << path << " can't be written\n";
  return false;
}

int check_file(const std::string& file, const CheckSettings& settings) {
  const auto begin = Clock::now();
  lincheck::Options options;
  options.model = *lincheck::find_model(settings.model);
  const auto history = read_file(file, options.model);
  if (!history) {
    std::cerr << "holdfast check: " << file << ": " << history.error() << "\n";
    return kCheckInputError;
  }
  options.memory_bytes_max = settings.memory_mb << 20;
  options.all_partitions = !settings.html.empty();
  lincheck::Result result;
  {
    Watch watch(begin, settings.timeout_s);
    options.give_up = [&](const lincheck::Progress& progress) { return watch.look(progress); };
    result = check(*history, options);
  }
  std::cout << fmt::format(
      "{}: {}"
      "  operations: {}, clients: {}, keys: {}, parts: {}, states: {}, memory: {:.1f} MB, "
      "time: {:.2f} s\n",
      file, result.text(*history), result.operations, result.clients, result.keys,
      result.partitions.size(), result.states, static_cast<double>(result.memory_bytes) / 1e6,
      seconds_since(begin));
  if (!settings.html.empty() && !write_page_file(settings.html, *history, result, file)) {
    return kCheckInputError;
  }
  switch (result.verdict) {
    case Verdict::kLinearizable:
      return kLinearizable;
    case Verdict::kNotLinearizable:
      return kNotLinearizable;
    case Verdict::kUnknown:
      return kUnknown;
  }
  return kUnknown;
}

// What matters most of several files: a failure, then what could not be read or settled.
int worst(const std::vector<int>& codes) {
  for (const int code : {kNotLinearizable, kCheckInputError, kUnknown}) {
    if (std::ranges::count(codes, code) > 0) return code;
  }
  return kLinearizable;
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "check",
      "Check histories for linearizability. Exit code 0: linearizable, 1: not, 2: unknown, a limit "
      "was met, 3: wrong arguments or input");
  const auto settings = std::make_shared<CheckSettings>();
  command
      ->add_option("FILE", settings->files,
                   "Histories, an operation per line as JSON; - is standard input")
      ->required();
  command->add_option("--model", settings->model, "What the operations were done to")
      ->check(CLI::IsMember({"kv", "register", "counter", "multi"}))
      ->capture_default_str();
  command->add_option("--timeout", settings->timeout_s, "Give up after so long; 0: never")
      ->type_name("SECONDS")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--memory", settings->memory_mb, "Give up when the search takes so much")
      ->type_name("MB")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command->add_option("--html", settings->html, "Write a page that shows the history")
      ->type_name("OUT");
  command->callback([settings, &exit_code] {
    if (!settings->html.empty() && settings->files.size() > 1) {
      throw CLI::ValidationError("--html", "shows one FILE");
    }
    std::vector<int> codes;
    for (const std::string& file : settings->files) codes.push_back(check_file(file, *settings));
    exit_code = worst(codes);
  });
}

}  // namespace holdfast::cli
