#include "cli/config_file.hpp"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <sstream>

namespace holdfast::cli {

namespace {

std::string place(const std::string& path, const toml::source_region& source) {
  return path + ":" + std::to_string(source.begin.line);
}

std::string join_cluster(const std::string& path, const toml::table& nodes) {
  std::string text;
  for (const auto& [id, address] : nodes) {
    const auto value = address.value<std::string>();
    if (!value) {
      throw CLI::ConversionError(place(path, address.source()) + ": node " + std::string(id.str()) +
                                 " needs an address, \"HOST:PORT\"");
    }
    text += (text.empty() ? "" : ",") + std::string(id.str()) + "=" + *value;
  }
  return text;
}

std::string as_text(const std::string& path, const std::string& key, const toml::node& node) {
  if (key == "cluster" && node.is_table()) return join_cluster(path, *node.as_table());
  if (const auto* text = node.as_string()) return text->get();
  if (!node.is_integer() && !node.is_floating_point() && !node.is_boolean()) {
    throw CLI::ConversionError(place(path, node.source()) + ": '" + key +
                               "' needs one value: a string, a number, true or false");
  }
  std::ostringstream text;
  node.visit([&text](const auto& value) { text << value; });
  return text.str();
}

}  // namespace

void apply_config_file(CLI::App& command, const std::string& path) {
  toml::table settings;
  try {
    settings = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    throw CLI::FileError(place(path, error.source()) + ": " + std::string(error.description()));
  }
  for (const auto& [name, node] : settings) {
    const std::string key(name.str());
    CLI::Option* option = command.get_option_no_throw("--" + key);
    if (option == nullptr || key == "config" || key == "help") {
      throw CLI::ConfigError(place(path, node.source()) + ": there is no setting '" + key +
                             "'; see `holdfast " + command.get_name() + " --help`");
    }
    if (option->count() > 0) continue;
    option->add_result(as_text(path, key, node));
    option->run_callback();
  }
}

}  // namespace holdfast::cli
