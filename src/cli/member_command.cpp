#include "cli/member_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/catching_up.hpp"
#include "cli/leader_request.hpp"
#include "cli/member_list.hpp"
#include "frontend/settings.hpp"

namespace holdfast::cli {

namespace {

// A node that joins may have to get all data first.
constexpr double kChangeTimeoutSeconds = 600;

constexpr auto kExamples = R"(
Examples:
  holdfast member list --endpoints 10.0.0.1:6379
  holdfast member add 4 10.0.0.4:16379       the node runs already: holdfast server --join …
  holdfast member replace 3 4 10.0.0.4:16379 node 4 for node 3, in one step, when 4 has caught up
  holdfast member remove 3
  holdfast member move 2 10.0.1.2:16379

Exit codes: 0 done, 1 nothing was changed, 2 wrong usage, 4 not done in time but perhaps later
)";

struct Change {
  std::uint64_t node = 0;
  std::uint64_t other = 0;
  std::string address;
  bool is_learner = false;
  std::shared_ptr<LeaderRequest> request;
};

// Asks the leader for the change and waits for it, saying how the node is doing meanwhile.
int carry_out(const Change& change, std::vector<std::string> args, const std::string& done) {
  args.insert(args.begin(), "RAFT");
  client::LeaderCall call = change.request->call();
  CatchingUp catching_up(change.node, change.request->endpoints->password);
  call.watch_with([&catching_up](const Address* leader) {
    if (leader != nullptr) catching_up.look(*leader);
    return true;
  });
  const auto reply = call.run(args);
  if (!reply) return failed(reply.error());
  std::cout << done << "\n";
  return 0;
}

std::string name(std::uint64_t node) {
  return "node " + std::to_string(node);
}

int add_member(const Change& change) {
  std::vector<std::string> args{"ADD", std::to_string(change.node), change.address};
  if (change.is_learner) args.emplace_back("LEARNER");
  return carry_out(change, args,
                   name(change.node) + (change.is_learner ? " is a learner" : " is a voter"));
}

int replace_member(const Change& change) {
  return carry_out(change,
                   {"ADD", std::to_string(change.node), change.address, "REPLACES",
                    std::to_string(change.other)},
                   name(change.node) + " is a voter in the place of " + name(change.other));
}

int remove_member(const Change& change) {
  return carry_out(change, {"REMOVE", std::to_string(change.node)},
                   name(change.node) + " is no member");
}

int promote_member(const Change& change) {
  return carry_out(change, {"PROMOTE", std::to_string(change.node)},
                   name(change.node) + " is a voter");
}

int move_member(const Change& change) {
  return carry_out(change, {"MOVE", std::to_string(change.node), change.address},
                   name(change.node) + " is at " + change.address);
}

void add_node(CLI::App& command, const std::string& name, std::uint64_t& node,
              const std::string& help) {
  command.add_option(name, node, help)
      ->required()
      ->check(CLI::Validator(CLI::Range(std::int64_t{1}, frontend::kNodeIdMax)).description(""))
      ->type_name("");
}

void add_address(CLI::App& command, std::string& address) {
  const auto check = [](const std::string& text) {
    const auto parsed = Address::parse(text);
    return parsed && parsed->port != 0 ? "" : "'" + text + "' is not HOST:PORT";
  };
  command
      .add_option("HOST:PORT", address,
                  "Where its peers reach it: its --peer-listen, as seen by them")
      ->required()
      ->check(check)
      ->type_name("");
}

class Subcommands {
 public:
  Subcommands(CLI::App& parent, int& exit_code) : parent_(parent), exit_code_(exit_code) {}

  // Returns the command, to which options may be added, and what they are to set.
  std::pair<CLI::App*, std::shared_ptr<Change>> add(const std::string& name,
                                                    const std::string& help,
                                                    int (*run)(const Change&)) {
    CLI::App* command = parent_.add_subcommand(name, help);
    auto change = std::make_shared<Change>();
    command->callback([change, run, &code = exit_code_] { code = run(*change); });
    return {command, change};
  }
  static void finish(CLI::App& command, Change& change) {
    change.request = add_leader_request(command, kChangeTimeoutSeconds);
  }

 private:
  CLI::App& parent_;
  int& exit_code_;
};

void add_changes(CLI::App& parent, int& exit_code) {
  Subcommands all(parent, exit_code);
  {
    const auto [command, change] =
        all.add("add", "Add a running node; it becomes a voter when it has caught up", add_member);
    add_node(*command, "ID", change->node, "The new node's --id");
    add_address(*command, change->address);
    command->add_flag("--learner", change->is_learner,
                      "It gets all data and serves reads, but does not vote");
    Subcommands::finish(*command, *change);
  }
  {
    const auto [command, change] =
        all.add("remove", "Remove a node, dead or alive; alive it ends", remove_member);
    add_node(*command, "ID", change->node, "The node to remove");
    Subcommands::finish(*command, *change);
  }
  {
    const auto [command, change] =
        all.add("promote", "Make a learner a voter when it has caught up", promote_member);
    add_node(*command, "ID", change->node, "The learner");
    Subcommands::finish(*command, *change);
  }
  {
    const auto [command, change] = all.add(
        "replace", "Put a running new node in the place of another, dead or alive", replace_member);
    add_node(*command, "OLD", change->other, "The node to remove");
    add_node(*command, "NEW", change->node, "The new node's --id");
    add_address(*command, change->address);
    Subcommands::finish(*command, *change);
  }
  {
    const auto [command, change] =
        all.add("move", "Tell the others that a member has another address", move_member);
    add_node(*command, "ID", change->node, "The node that moved");
    add_address(*command, change->address);
    Subcommands::finish(*command, *change);
  }
}

}  // namespace

void add_member_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("member", "Show or change who belongs to the cluster");
  command->require_subcommand(1);
  command->footer(kExamples);
  add_member_list(*command, exit_code);
  add_changes(*command, exit_code);
}

}  // namespace holdfast::cli
