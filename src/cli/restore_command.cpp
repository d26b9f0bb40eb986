#include "cli/restore_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/copy_file.hpp"
#include "cli/server_command.hpp"
#include "server/options.hpp"
#include "storage/posix_disk.hpp"
#include "storage/restore.hpp"

namespace holdfast::cli {

namespace {

struct RestoreSettings {
  std::string file;
  server::Options server;
};

int refuse(const storage::FolderError& error) {
  std::cerr << "holdfast: " << error.message << "\n";
  return error.kind == storage::FolderError::Kind::kDamaged ? kCopyDamaged : kCopyFailed;
}

// The copy is read twice: nothing is made of one that is not good to its end.
int restore(const RestoreSettings& settings) {
  const server::Options& options = settings.server;
  storage::PosixDisk disk;
  const auto copy = read_copy(disk, settings.file, [](const kv::Pair&) {});
  if (!copy) return refuse_copy(copy.error());
  const storage::IdentityFile identity{
      {server::cluster_id(options), options.id},
      server::first_membership(options,
                               server::advertised_peer_address(options, options.peer_listen))};
  const auto restored = storage::restore_copy(disk, settings.file, options.data, identity);
  if (!restored) return refuse(restored.error());
  std::cout << "node " << options.id.value() << " of " << options.cluster.size() << " in "
            << options.data << ": " << copy->state.keys << " keys and " << copy->state.sessions
            << " sessions, as of entry " << restored->id.last.index.value()
            << "\nStart it with the same --id, --data, --cluster and --cluster-name.\n";
  return 0;
}

void add_options(CLI::App& command, RestoreSettings& settings) {
  server::Options& options = settings.server;
  command.add_option("FILE", settings.file, "The copy that `holdfast backup` made")->required();
  command.add_option("--data", options.data, "The folder to make; not there yet, or empty")
      ->type_name("DIR")
      ->required();
  const auto set_id = [&options](std::uint64_t id) { options.id = NodeId(id); };
  command
      .add_option_function<std::uint64_t>("--id", set_id, "The node's number in the new cluster")
      ->check(CLI::Validator(CLI::Range(std::int64_t{1}, server::kNodeIdMax)).description(""))
      ->type_name("N")
      ->required();
  add_cluster_option(
      command, options,
      "All nodes of the new cluster, as `holdfast server` will be told; the same on every node")
      .required();
  command.add_option("--cluster-name", options.cluster_name,
                     "As `holdfast server` will be told, if it will be");
}

}  // namespace

void add_restore_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "restore",
      "Make the data folder of one node of a new cluster that begins with a copy. Run it for each "
      "node, with the same copy; exit code 3 if that is cut or damaged");
  const auto settings = std::make_shared<RestoreSettings>();
  add_options(*command, *settings);
  command->callback([settings, &exit_code] {
    if (const auto error = server::complete_and_check(settings->server)) {
      throw CLI::ValidationError(*error);
    }
    exit_code = restore(*settings);
  });
}

}  // namespace holdfast::cli
