#include "cli/snapshot_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/endpoints.hpp"
#include "client/node_status.hpp"

namespace holdfast::cli {

namespace {

std::chrono::milliseconds as_duration(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

bool make_snapshot(const Address& address, const std::string& password, double timeout_seconds) {
  const auto limit = as_duration(timeout_seconds);
  const auto made = client::ask_node(address, password, {"RAFT", "SNAPSHOT"}, limit);
  const auto status = client::ask_status(address, password);
  if (!made || !status) {
    std::cerr << "holdfast: " << address.to_string() << ": "
              << (made ? status.error() : made.error()) << "\n";
    return false;
  }
  std::cout << "node " << status->number("id") << ": ";
  if (status->number("snapshot_index") == 0) {
    std::cout << "nothing to do, its log has no entries yet\n";
  } else {
    std::cout << "has a snapshot of the first " << status->number("snapshot_index") << " entries\n";
  }
  return true;
}

int make_snapshots(const Endpoints& endpoints, double timeout_seconds) {
  bool all = true;
  for (const Address& address : endpoints.addresses) {
    all = make_snapshot(address, endpoints.password, timeout_seconds) && all;
  }
  return all ? 0 : 1;
}

}  // namespace

void add_snapshot_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "snapshot", "Let each node of --endpoints make a snapshot now, and shorten its log");
  const auto endpoints = add_endpoints(*command);
  const auto timeout = std::make_shared<double>(600);
  command->add_option("--timeout", *timeout, "Seconds to wait for each")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  command->callback(
      [endpoints, timeout, &exit_code] { exit_code = make_snapshots(*endpoints, *timeout); });
}

}  // namespace holdfast::cli
