#include "cli/log_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <limits>
#include <memory>
#include <string>

#include "cli/cli.hpp"
#include "cli/log_printer.hpp"
#include "storage/posix_disk.hpp"

namespace holdfast::cli {

namespace {

constexpr int kDamaged = 3;

int print_log(const std::string& dir, const LogPrintOptions& options) {
  using Kind = storage::RecoveryError::Kind;
  storage::PosixDisk disk;
  LogPrinter printer(std::cout, options);
  const auto end = storage::read_log(disk, dir, printer);
  std::cout << std::flush;
  if (end) {
    if (!options.json) std::cout << end->describe() << "\n";
    return 0;
  }
  std::cerr << "holdfast log: " << end.error().message() << "\n";
  const bool unreadable = end.error().kind == Kind::kIo || end.error().kind == Kind::kMissingLog;
  return unreadable ? kFailed : kDamaged;
}

}  // namespace

void add_log_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "log",
      "Print the log in a data folder; a server may be running on it. Exit code 3 if it is "
      "damaged");
  struct LogSettings {
    std::string dir;
    std::uint64_t from = 1;
    LogPrintOptions print;
  };
  const auto settings = std::make_shared<LogSettings>();
  command->add_option("DIR", settings->dir, "A server's --data")->required();
  command->add_flag("--json", settings->print.json, "One JSON object per line, for programs");
  constexpr auto kIndexMax = std::numeric_limits<std::int64_t>::max();
  command->add_option("--from", settings->from, "The first entry to print")
      ->check(CLI::Validator(CLI::Range(std::int64_t{1}, kIndexMax)).description(""))
      ->type_name("INDEX")
      ->capture_default_str();
  command->add_option("--limit", settings->print.limit, "Entries to print")
      ->check(CLI::Validator(CLI::Range(std::int64_t{0}, kIndexMax)).description(""))
      ->type_name("N");
  command->callback([settings, &exit_code] {
    settings->print.from = Index(settings->from);
    exit_code = print_log(settings->dir, settings->print);
  });
}

}  // namespace holdfast::cli
