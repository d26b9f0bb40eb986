#include "cli/clerk_commands.hpp"

#include <unistd.h>
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/endpoints.hpp"
#include "client/clerk.hpp"

namespace holdfast::cli {

namespace {

using client::Clerk;
using client::ClerkError;

struct Call {
  std::string key;
  std::string value;
  double timeout_seconds = 30;
  std::shared_ptr<Endpoints> endpoints;

  Clerk clerk() const {
    client::ClerkOptions options{.password = endpoints->password};
    options.deadline = Duration(static_cast<std::int64_t>(timeout_seconds * 1e6));
    return Clerk(endpoints->addresses, options);
  }
};

int failed(const ClerkError& error) {
  switch (error.kind) {
    case ClerkError::Kind::kUnknown:
    case ClerkError::Kind::kSessionExpired:
      std::cerr << "holdfast: nobody knows whether it was executed: " << error.text << "\n";
      return 4;
    case ClerkError::Kind::kNotExecuted:
      std::cerr << "holdfast: not executed: " << error.text << "\n";
      return 1;
    case ClerkError::Kind::kRefused:
    case ClerkError::Kind::kProtocol:
      std::cerr << "holdfast: " << error.text << "\n";
      return 1;
  }
  return 1;
}

int put(const Call& call) {
  const auto done = call.clerk().put(call.key, call.value);
  if (!done) return failed(done.error());
  std::cout << "OK\n";
  return 0;
}

int append(const Call& call) {
  const auto length = call.clerk().append(call.key, call.value);
  if (!length) return failed(length.error());
  std::cout << *length << "\n";
  return 0;
}

// The value as it is, and a line end only for people.
int get(const Call& call) {
  const auto value = call.clerk().get(call.key);
  if (!value) return failed(value.error());
  if (!*value) {
    std::cerr << "holdfast: there is no key '" << call.key << "'\n";
    return 3;
  }
  std::cout << **value << (::isatty(STDOUT_FILENO) ? "\n" : "") << std::flush;
  return 0;
}

void add(CLI::App& app, int& exit_code, const std::string& name, const std::string& help,
         int (*run)(const Call&), bool takes_value) {
  CLI::App* command = app.add_subcommand(name, help);
  const auto call = std::make_shared<Call>();
  command->add_option("KEY", call->key)->required();
  if (takes_value) command->add_option("VALUE", call->value)->required();
  call->endpoints = add_endpoints(*command);
  command->add_option("--timeout", call->timeout_seconds, "Seconds after which to give up")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  command->callback([call, run, &exit_code] { exit_code = run(*call); });
}

}  // namespace

void add_clerk_commands(CLI::App& app, int& exit_code) {
  add(app, exit_code, "put",
      "Set a key to a value; exit code 4 if nobody knows whether that was done", put, true);
  add(app, exit_code, "append",
      "Append to a key's value, exactly once; prints the new length. Exit code 4 as of put", append,
      true);
  add(app, exit_code, "get", "Print a key's value; exit code 3 if there is none", get, false);
}

}  // namespace holdfast::cli
