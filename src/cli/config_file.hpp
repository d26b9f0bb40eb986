#pragma once

#include <CLI/App.hpp>
#include <string>

namespace holdfast::cli {

// Gives the command the settings of a TOML file whose keys are its options' long names, without
// the dashes; what the command line says goes before. `cluster` may also be a table of id =
// address. Throws CLI::ParseError for a file that can't be read, is not TOML or has an unknown key.
void apply_config_file(CLI::App& command, const std::string& path);

}  // namespace holdfast::cli
