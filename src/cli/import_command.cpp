#include "cli/import_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "cli/cli.hpp"
#include "cli/endpoints.hpp"
#include "cli/importer.hpp"
#include "client/node_status.hpp"

namespace holdfast::cli {

namespace {

constexpr int kUnknown = 4;
constexpr auto kConnectTime = std::chrono::seconds(10);

struct ImportSettings {
  std::string file = "-";
  std::shared_ptr<Endpoints> endpoints;
};

// The leader, to save a step on the way; else any node that answers.
std::optional<Address> choose_node(const Endpoints& endpoints) {
  std::optional<Address> chosen;
  for (const Address& address : endpoints.addresses) {
    const auto status = client::ask_status(address, endpoints.password);
    if (!status) {
      std::cerr << "holdfast: " << address.to_string() << ": " << status.error() << "\n";
      continue;
    }
    if (status->leads()) return address;
    if (!chosen) chosen = address;
  }
  return chosen;
}

std::expected<client::Connection, std::string> connect(const Address& address,
                                                       const std::string& password) {
  auto connection = client::Connection::connect(address, client::Clock::now() + kConnectTime);
  if (!connection || password.empty()) return connection;
  const auto reply = connection->call({"AUTH", password}, kConnectTime);
  if (!reply) return std::unexpected(reply.error());
  if (const auto* error = std::get_if<resp::Value::Error>(&reply->value)) {
    return std::unexpected(error->text);
  }
  return connection;
}

int report(const Importer::Outcome& outcome, double seconds) {
  std::cout << fmt::format("{} commands answered in {:.1f} s, {} errors\n", outcome.answered,
                           seconds, outcome.errors);
  if (outcome.stopped) std::cerr << "holdfast: stopped: " << *outcome.stopped << "\n";
  if (outcome.unanswered > 0) return kUnknown;
  return outcome.stopped || outcome.errors > 0 ? kFailed : 0;
}

int run_import(const ImportSettings& settings) {
  const bool is_stdin = settings.file == "-";
  const int input = is_stdin ? STDIN_FILENO : ::open(settings.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (input < 0) {
    std::cerr << "holdfast: " << settings.file << ": " << std::strerror(errno) << "\n";
    return kFailed;
  }
  const auto address = choose_node(*settings.endpoints);
  if (!address) {
    std::cerr << "holdfast: no node answers; nothing was sent\n";
    return kFailed;
  }
  auto connection = connect(*address, settings.endpoints->password);
  if (!connection) {
    std::cerr << "holdfast: " << address->to_string() << ": " << connection.error()
              << "; nothing was sent\n";
    return kFailed;
  }
  const auto begin = client::Clock::now();
  const auto outcome = Importer(std::move(*connection)).run(input);
  if (!is_stdin) ::close(input);
  return report(outcome, std::chrono::duration<double>(client::Clock::now() - begin).count());
}

}  // namespace

void add_import_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "import",
      "Send commands from a file to a cluster, as `holdfast export`, a client or Redis's "
      "append-only file writes them. Exit code 1 if one was answered with an error, 4 if nobody "
      "knows of some whether they were executed: to run it again is safe only if executing them "
      "twice does no harm, as with SET");
  const auto settings = std::make_shared<ImportSettings>();
  command
      ->add_option("FILE", settings->file,
                   "The commands, in the Redis protocol or a line each; - for stdin")
      ->capture_default_str();
  settings->endpoints = add_endpoints(*command);
  command->callback([settings, &exit_code] { exit_code = run_import(*settings); });
}

}  // namespace holdfast::cli
