#include "cli/verify_command.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/copy_file.hpp"
#include "storage/posix_disk.hpp"

namespace holdfast::cli {

namespace {

struct VerifySettings {
  std::string file;
  bool json = false;
};

struct Sums {
  std::uint64_t key_bytes = 0;
  std::uint64_t value_bytes = 0;
};

std::string hex16(std::uint64_t number) {
  return fmt::format("{:016x}", number);
}

// When the copy was made, by the cluster's own time.
std::string time_text(std::uint64_t unix_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(unix_ms)};
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", time);
}

void print_sums(const std::string& path, const CopyInfo& copy, const Sums& sums) {
  const auto row = [](const char* name, const std::string& text) {
    std::cout << fmt::format("{:<13} {}\n", name, text);
  };
  const raft::Position last = copy.file.meta.last;
  std::cout << path << ": whole\n";
  row("cluster", hex16(copy.file.cluster));
  row("last entry", fmt::format("{}, of term {}", last.index.value(), last.term.value()));
  row("members", raft::to_string(copy.file.meta.membership));
  row("keys", fmt::format("{}, of {} bytes", copy.state.keys, sums.key_bytes));
  row("values", fmt::format("{} bytes", sums.value_bytes));
  row("sessions", std::to_string(copy.state.sessions));
  row("cluster time", time_text(copy.state.cluster_time_ms));
  row("file", fmt::format("{} bytes", copy.file_bytes));
}

void print_sums_json(const std::string& path, const CopyInfo& copy, const Sums& sums) {
  boost::json::object object;
  object["file"] = path;
  object["bytes"] = copy.file_bytes;
  object["cluster"] = hex16(copy.file.cluster);
  object["index"] = copy.file.meta.last.index.value();
  object["term"] = copy.file.meta.last.term.value();
  object["number"] = hex16(copy.file.number);
  object["members"] = raft::to_string(copy.file.meta.membership);
  object["keys"] = copy.state.keys;
  object["key_bytes"] = sums.key_bytes;
  object["value_bytes"] = sums.value_bytes;
  object["sessions"] = copy.state.sessions;
  object["cluster_time_ms"] = copy.state.cluster_time_ms;
  std::cout << boost::json::serialize(object) << "\n";
}

int verify(const VerifySettings& settings) {
  storage::PosixDisk disk;
  Sums sums;
  const auto copy = read_copy(disk, settings.file, [&](const kv::Pair& pair) {
    sums.key_bytes += pair.key.size();
    sums.value_bytes += pair.value.size();
  });
  if (!copy) return refuse_copy(copy.error());
  (settings.json ? print_sums_json : print_sums)(settings.file, *copy, sums);
  return 0;
}

}  // namespace

void add_verify_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "verify",
      "Read all of a copy that `holdfast backup` made, and say what is in it; exit code 3 and the "
      "place if it is cut or damaged");
  const auto settings = std::make_shared<VerifySettings>();
  command->add_option("FILE", settings->file, "The copy, or a snapshot in a data folder")
      ->required();
  command->add_flag("--json", settings->json, "One JSON object, for programs");
  command->callback([settings, &exit_code] { exit_code = verify(*settings); });
}

}  // namespace holdfast::cli
