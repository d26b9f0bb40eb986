#include "cli/status_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/json.hpp>
#include <iostream>
#include <memory>

#include "cli/endpoints.hpp"
#include "client/node_status.hpp"

namespace holdfast::cli {

namespace {

struct Row {
  Address address;
  std::expected<client::NodeStatus, std::string> status;
};

constexpr std::array kNumbers{"id",
                              "term",
                              "leader",
                              "voted_for",
                              "last_index",
                              "commit_index",
                              "applied_index",
                              "keys",
                              "sessions",
                              "pending_writes",
                              "pending_reads",
                              "pending_bytes",
                              "cluster_time_ms",
                              "storage_stalled",
                              "membership_settled",
                              "first_index",
                              "snapshot_index",
                              "log_bytes",
                              "making_snapshot",
                              "snapshots_sending",
                              "snapshot_received",
                              "snapshot_total"};
constexpr std::array kTexts{"role",    "leader_address", "digest",
                            "cluster", "membership",     "snapshot_trouble"};

void print_table(const std::vector<Row>& rows, bool digest) {
  constexpr auto kLine = "{:<22} {:>3}  {:<13} {:>6} {:>6} {:>10} {:>10} {:>10}  {}\n";
  std::cout << fmt::format(kLine, "ADDRESS", "ID", "ROLE", "TERM", "LEADER", "LAST", "COMMIT",
                           "APPLIED", digest ? "DIGEST" : "");
  for (const Row& row : rows) {
    const std::string address = row.address.to_string();
    if (!row.status) {
      std::cout << fmt::format("{:<22}   -  {}\n", address, row.status.error());
      continue;
    }
    const client::NodeStatus& status = *row.status;
    const auto leader = status.number("leader");
    std::cout << fmt::format(kLine, address, status.number("id"), status.text("role"),
                             status.number("term"), leader == 0 ? "-" : std::to_string(leader),
                             status.number("last_index"), status.number("commit_index"),
                             status.number("applied_index"), status.text("digest"));
  }
}

void print_json(const std::vector<Row>& rows) {
  boost::json::array nodes;
  for (const Row& row : rows) {
    boost::json::object node;
    node["address"] = row.address.to_string();
    if (!row.status) {
      node["error"] = row.status.error();
    } else {
      for (const char* name : kTexts) node[name] = row.status->text(name);
      for (const char* name : kNumbers) node[name] = row.status->number(name);
    }
    nodes.push_back(std::move(node));
  }
  std::cout << boost::json::serialize(nodes) << "\n";
}

int show(const Endpoints& endpoints, bool json, bool digest) {
  std::vector<Row> rows;
  bool all_answer = true;
  bool has_leader = false;
  for (const Address& address : endpoints.addresses) {
    rows.push_back({address, digest ? client::ask_status_and_digest(address, endpoints.password)
                                    : client::ask_status(address, endpoints.password)});
    all_answer = all_answer && rows.back().status.has_value();
    has_leader = has_leader || (rows.back().status && rows.back().status->number("leader") != 0);
  }
  json ? print_json(rows) : print_table(rows, digest);
  return all_answer && has_leader ? 0 : 1;
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "status", "Show what nodes say of themselves; exit code 1 if one is silent or has no leader");
  const auto endpoints = add_endpoints(*command);
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON array, for programs");
  const auto digest = std::make_shared<bool>(false);
  command->add_flag("--digest", *digest,
                    "With a digest of the data: equal on nodes that have applied the same. A node "
                    "answers it when it has read what changed since it was last asked");
  command->callback(
      [endpoints, json, digest, &exit_code] { exit_code = show(*endpoints, *json, *digest); });
}

}  // namespace holdfast::cli
