#include "cli/backup_command.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "cli/copy_fetch.hpp"
#include "storage/posix_disk.hpp"

namespace holdfast::cli {

namespace {

struct BackupSettings {
  std::shared_ptr<Endpoints> endpoints;
  std::string file;
  bool force = false;
};

int back_up(const BackupSettings& settings) {
  if (!settings.force && std::filesystem::exists(settings.file)) {
    std::cerr << "holdfast: " << settings.file << " is there already; --force replaces it\n";
    return kCopyFailed;
  }
  storage::PosixDisk disk;
  const auto copy = fetch_copy(*settings.endpoints, disk, settings.file);
  if (!copy) {
    std::cerr << "holdfast: " << copy.error() << "; nothing was written\n";
    return kCopyFailed;
  }
  std::cout << settings.file << ": " << copy->info.state.keys << " keys and "
            << copy->info.state.sessions << " sessions in " << copy->info.file_bytes
            << " bytes, as of entry " << copy->info.file.meta.last.index.value() << ", from node "
            << copy->node << " (" << (copy->is_leader ? "the leader" : "a follower") << ")\n";
  return 0;
}

}  // namespace

void add_backup_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "backup",
      "Write a copy of a running cluster's state to a file: all that was acknowledged before the "
      "command began is in it");
  const auto settings = std::make_shared<BackupSettings>();
  command->add_option("FILE", settings->file, "The copy; `holdfast restore` takes it")->required();
  settings->endpoints = add_endpoints(*command);
  command->add_flag("--force", settings->force,
                    "Replace FILE, if it is there, when the new copy is whole");
  command->callback([settings, &exit_code] { exit_code = back_up(*settings); });
}

}  // namespace holdfast::cli
