#pragma once

#include <CLI/App.hpp>
#include <string>

#include "server/options.hpp"

namespace holdfast::cli {

void add_server_command(CLI::App& app, int& exit_code);

// --cluster, as all commands that take it read it.
CLI::Option& add_cluster_option(CLI::App& command, server::Options& options,
                                const std::string& help);

}  // namespace holdfast::cli
