#pragma once

#include <CLI/App.hpp>
#include <string>

namespace holdfast::cli {

void add_commands_command(CLI::App& app);

// docs/commands.md, made from the tables of commands.
std::string commands_page();

}  // namespace holdfast::cli
