#include "cli/endpoints.hpp"

#include <CLI/CLI.hpp>

namespace holdfast::cli {

std::shared_ptr<Endpoints> add_endpoints(CLI::App& command) {
  auto endpoints = std::make_shared<Endpoints>();
  const auto parse = [endpoints](const std::vector<std::string>& texts) {
    endpoints->addresses.clear();
    for (const std::string& text : texts) {
      const auto address = Address::parse(text);
      if (!address) throw CLI::ConversionError("--endpoints: '" + text + "' is not HOST:PORT");
      endpoints->addresses.push_back(*address);
    }
  };
  command
      .add_option_function<std::vector<std::string>>(
          "--endpoints", parse, "Where nodes of the cluster serve clients; some are enough")
      ->delimiter(',')
      ->allow_extra_args(false)  // what follows the list is a file's name
      ->type_name("HOST:PORT,…")
      ->default_str("127.0.0.1:6379");
  command.add_option("--password", endpoints->password, "The servers' --password")
      ->envname("HOLDFAST_PASSWORD");
  return endpoints;
}

}  // namespace holdfast::cli
