#include "cli/transfer_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <thread>

#include "cli/leader_request.hpp"
#include "frontend/settings.hpp"

namespace holdfast::cli {

namespace {

using client::NodeStatus;

constexpr double kTransferTimeoutSeconds = 30;
constexpr auto kPoll = std::chrono::milliseconds(10);
// A transfer that fails is given up within an election timeout; a new leader is there soon after.
constexpr auto kPatience = std::chrono::seconds(3);

std::uint64_t leader_by_now(const LeaderRequest& request, const Address& address) {
  const auto status = client::ask_status(address, request.endpoints->password);
  return status ? status->number("leader") : 0;
}

// Until `address`, where the old leader is, knows of another one; zero if it does not come to that.
std::uint64_t wait_for_another(const LeaderRequest& request, const Address& address,
                               std::uint64_t old) {
  const auto deadline = client::Clock::now() + kPatience;
  while (client::Clock::now() < deadline) {
    const std::uint64_t leader = leader_by_now(request, address);
    if (leader != 0 && leader != old) return leader;
    std::this_thread::sleep_for(kPoll);
  }
  return 0;
}

int transfer(const LeaderRequest& request, std::uint64_t target) {
  client::LeaderCall call = request.call();
  const auto at = call.find_leader();
  if (!at) return failed(at.error());
  const std::uint64_t old = leader_by_now(request, *at);
  if (target != 0 && target == old) {
    std::cout << "node " << target << " leads already\n";
    return 0;
  }
  std::vector<std::string> args{"RAFT", "TRANSFER"};
  if (target != 0) args.push_back(std::to_string(target));
  const auto begun = call.run(args);
  if (!begun) return failed(begun.error());
  const std::uint64_t leader = wait_for_another(request, *at, old);
  if (leader == 0 || (target != 0 && leader != target)) {
    std::cerr << "holdfast: leadership was not handed over: node " << (leader == 0 ? old : leader)
              << " leads\n";
    return 1;
  }
  std::cout << "node " << leader << " leads\n";
  return 0;
}

}  // namespace

void add_transfer_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "transfer",
      "Hand leadership to a node, or to the follower that has most; clients see a pause");
  const auto target = std::make_shared<std::uint64_t>(0);
  command->add_option("ID", *target, "The node that is to lead")
      ->check(CLI::Validator(CLI::Range(std::int64_t{1}, frontend::kNodeIdMax)).description(""))
      ->type_name("");
  const auto request = add_leader_request(*command, kTransferTimeoutSeconds);
  command->callback([target, request, &exit_code] { exit_code = transfer(*request, *target); });
}

}  // namespace holdfast::cli
