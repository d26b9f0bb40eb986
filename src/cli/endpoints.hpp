#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace holdfast::cli {

// How to reach a cluster as a client.
struct Endpoints {
  std::vector<Address> addresses{{"127.0.0.1", 6379}};
  std::string password;
};

// Adds --endpoints and --password (or HOLDFAST_PASSWORD) to a command.
std::shared_ptr<Endpoints> add_endpoints(CLI::App& command);

}  // namespace holdfast::cli
