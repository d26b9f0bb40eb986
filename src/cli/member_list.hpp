#pragma once

#include <CLI/App.hpp>

namespace holdfast::cli {

// `list`, to be added to `holdfast member`.
void add_member_list(CLI::App& parent, int& exit_code);

}  // namespace holdfast::cli
