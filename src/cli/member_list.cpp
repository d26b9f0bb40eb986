#include "cli/member_list.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/json.hpp>
#include <iostream>

#include "cli/leader_request.hpp"

namespace holdfast::cli {

namespace {

using client::NodeStatus;

constexpr double kListTimeoutSeconds = 10;

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string number_or_dash(const NodeStatus& member, const std::string& name) {
  const auto number = member.maybe_number(name);
  return number ? std::to_string(*number) : "-";
}

void print_table(const std::vector<NodeStatus>& members) {
  constexpr auto kLine = "{:>5}  {:<14} {:<8} {:<22} {:<22} {:>10} {:>8}  {}\n";
  std::cout << fmt::format(kLine, "ID", "STANDING", "ROLE", "PEERS", "CLIENTS", "MATCH", "LAG",
                           "CONNECTED");
  for (const NodeStatus& member : members) {
    std::cout << fmt::format(
        kLine, member.number("id"), member.text("standing"),
        member.number("leader") != 0 ? "leader" : "-", or_dash(member.text("address")),
        or_dash(member.text("client_address")), number_or_dash(member, "match"),
        number_or_dash(member, "lag"), member.number("connected") != 0 ? "yes" : "no");
  }
}

void print_json(const std::vector<NodeStatus>& members) {
  constexpr std::array kTexts{"address", "client_address", "standing"};
  constexpr std::array kNumbers{"id", "replaces", "leader", "connected"};
  boost::json::array rows;
  for (const NodeStatus& member : members) {
    boost::json::object row;
    for (const char* name : kNumbers) row[name] = member.number(name);
    for (const char* name : kTexts) row[name] = member.text(name);
    for (const char* name : {"match", "lag"}) {
      const auto number = member.maybe_number(name);
      row[name] = number ? boost::json::value(*number) : boost::json::value(nullptr);
    }
    rows.push_back(std::move(row));
  }
  std::cout << boost::json::serialize(rows) << "\n";
}

// Without a leader, what any of the nodes believes.
std::expected<std::vector<NodeStatus>, std::string> ask_anyone(const Endpoints& endpoints) {
  std::string reasons;
  for (const Address& address : endpoints.addresses) {
    auto members = client::ask_members(address, endpoints.password);
    if (members) return members;
    reasons += (reasons.empty() ? "" : "; ") + address.to_string() + ": " + members.error();
  }
  return std::unexpected(reasons);
}

int list(const LeaderRequest& request, bool json) {
  const auto leader = request.call().find_leader();
  if (!leader) std::cerr << "holdfast: " << leader.error().text << "\n";
  const Endpoints& endpoints = *request.endpoints;
  const auto members =
      leader ? client::ask_members(*leader, endpoints.password) : ask_anyone(endpoints);
  if (!members) {
    std::cerr << "holdfast: " << members.error() << "\n";
    return 1;
  }
  json ? print_json(*members) : print_table(*members);
  return leader ? 0 : 1;
}

}  // namespace

void add_member_list(CLI::App& parent, int& exit_code) {
  CLI::App* command = parent.add_subcommand(
      "list", "Show the members as the leader sees them; exit code 1 if there is no leader");
  const auto request = add_leader_request(*command, kListTimeoutSeconds);
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON array, for programs");
  command->callback([request, json, &exit_code] { exit_code = list(*request, *json); });
}

}  // namespace holdfast::cli
