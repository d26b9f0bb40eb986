#pragma once

#include <CLI/App.hpp>

namespace holdfast::cli {

// `holdfast transfer`: another node leads.
void add_transfer_command(CLI::App& app, int& exit_code);

}  // namespace holdfast::cli
