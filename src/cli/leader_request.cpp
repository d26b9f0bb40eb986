#include "cli/leader_request.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace holdfast::cli {

client::LeaderCall LeaderRequest::call() const {
  const auto limit = std::chrono::duration<double>(timeout_seconds);
  const auto deadline =
      client::Clock::now() + std::chrono::duration_cast<client::Clock::duration>(limit);
  return {endpoints->addresses, endpoints->password, deadline};
}

std::shared_ptr<LeaderRequest> add_leader_request(CLI::App& command, double timeout_seconds) {
  auto request = std::make_shared<LeaderRequest>();
  request->endpoints = add_endpoints(command);
  request->timeout_seconds = timeout_seconds;
  command.add_option("--timeout", request->timeout_seconds, "Seconds after which to give up")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  return request;
}

int failed(const client::LeaderCall::Error& error) {
  using Kind = client::LeaderCall::Error::Kind;
  switch (error.kind) {
    case Kind::kRefused:
      std::cerr << "holdfast: refused: " << error.text << "\n";
      return 1;
    case Kind::kNotDone:
      std::cerr << "holdfast: not done: " << error.text << "\n";
      return 1;
    case Kind::kUnfinished:
      std::cerr << "holdfast: not done yet, but it may go on: " << error.text
                << "\nThe same command again does no harm.\n";
      return 4;
  }
  return 1;
}

}  // namespace holdfast::cli
