#pragma once

#include <CLI/App.hpp>

namespace holdfast::cli {

// put, append and get, through a Clerk.
void add_clerk_commands(CLI::App& app, int& exit_code);

}  // namespace holdfast::cli
