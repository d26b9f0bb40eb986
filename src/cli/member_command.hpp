#pragma once

#include <CLI/App.hpp>

namespace holdfast::cli {

// `holdfast member list|add|remove|promote|replace|move`: who belongs to the cluster.
void add_member_command(CLI::App& app, int& exit_code);

}  // namespace holdfast::cli
