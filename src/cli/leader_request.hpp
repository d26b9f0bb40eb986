#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/endpoints.hpp"
#include "client/leader_call.hpp"

namespace holdfast::cli {

// What the commands for operators have in common: a cluster, and how long to wait for its leader.
struct LeaderRequest {
  std::shared_ptr<Endpoints> endpoints;
  double timeout_seconds = 0;

  client::LeaderCall call() const;
};

// Adds --endpoints, --password and --timeout to a command.
std::shared_ptr<LeaderRequest> add_leader_request(CLI::App& command, double timeout_seconds);

// Says what went wrong and returns the exit code: 1 if nothing was changed, 4 if it may have been.
int failed(const client::LeaderCall::Error& error);

}  // namespace holdfast::cli
