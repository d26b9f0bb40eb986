#pragma once

#include <CLI/App.hpp>

namespace holdfast::cli {

// What `check` returns when its arguments or its input are wrong: 2 is taken.
inline constexpr int kCheckInputError = 3;

void add_check_command(CLI::App& app, int& exit_code);

}  // namespace holdfast::cli
