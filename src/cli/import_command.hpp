#pragma once

#include <CLI/App.hpp>

namespace holdfast::cli {

void add_import_command(CLI::App& app, int& exit_code);

}  // namespace holdfast::cli
