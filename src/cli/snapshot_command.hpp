#pragma once

#include <CLI/App.hpp>

namespace holdfast::cli {

// `holdfast snapshot`: nodes make one now.
void add_snapshot_command(CLI::App& app, int& exit_code);

}  // namespace holdfast::cli
