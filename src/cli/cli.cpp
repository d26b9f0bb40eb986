#include "cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "cli/backup_command.hpp"
#include "cli/check_command.hpp"
#include "cli/clerk_commands.hpp"
#include "cli/commands_command.hpp"
#include "cli/demo_command.hpp"
#include "cli/explore_command.hpp"
#include "cli/export_command.hpp"
#include "cli/import_command.hpp"
#include "cli/log_command.hpp"
#include "cli/member_command.hpp"
#include "cli/restore_command.hpp"
#include "cli/server_command.hpp"
#include "cli/sim_command.hpp"
#include "cli/snapshot_command.hpp"
#include "cli/status_command.hpp"
#include "cli/transfer_command.hpp"
#include "cli/verify_command.hpp"

namespace holdfast::cli {

namespace {

constexpr int kUsageError = 2;

std::string explain(const CLI::App*, const CLI::Error& error) {
  return "holdfast: " + std::string(error.what()) + "\nRun with --help for more information.\n";
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app(
      "Holdfast: a replicated key/value store that speaks the Redis protocol and never "
      "loses an acknowledged write.",
      "holdfast");
  app.set_version_flag("--version", "holdfast " HOLDFAST_VERSION);
  app.failure_message(explain);
  int exit_code = 0;
  add_server_command(app, exit_code);
  add_clerk_commands(app, exit_code);
  add_status_command(app, exit_code);
  add_member_command(app, exit_code);
  add_transfer_command(app, exit_code);
  add_snapshot_command(app, exit_code);
  add_demo_command(app, exit_code);
  add_backup_command(app, exit_code);
  add_verify_command(app, exit_code);
  add_restore_command(app, exit_code);
  add_export_command(app, exit_code);
  add_import_command(app, exit_code);
  add_log_command(app, exit_code);
  add_sim_command(app, exit_code);
  add_check_command(app, exit_code);
  add_explore_command(app, exit_code);
  add_commands_command(app);
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A subcommand");
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) return 0;
    return app.got_subcommand("check") ? kCheckInputError : kUsageError;
  } catch (const std::exception& error) {
    std::cerr << "holdfast: " << error.what() << "\n";
    return kFailed;
  }
  return exit_code;
}

}  // namespace holdfast::cli
