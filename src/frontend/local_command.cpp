#include "frontend/local_command.hpp"

#include <algorithm>
#include <string>

#include "frontend/text.hpp"

namespace holdfast::frontend {

namespace {

// No local command's name is longer; a client's argument may be.
constexpr std::size_t kNameMax = 64;

const LocalCommand* find_exact(const std::string& name) {
  const auto rows = local_commands();
  const auto by_name = [](const LocalCommand& row) { return row.spec.name; };
  const auto at = std::ranges::lower_bound(rows, std::string_view(name), {}, by_name);
  return at != rows.end() && at->spec.name == name ? &*at : nullptr;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

}  // namespace

const LocalCommand* find_local(std::string_view name) {
  if (name.size() > kNameMax || name.find('|') != std::string_view::npos) return nullptr;
  return find_exact(lower(name));
}

const LocalCommand* find_local(std::string_view container, std::string_view subcommand) {
  if (subcommand.size() > kNameMax) return nullptr;
  return find_exact(lower(container) + "|" + lower(subcommand));
}

Specs all_specs() {
  const auto stored = kv::all_commands();
  Specs specs(stored.begin(), stored.end());
  for (const LocalCommand& row : local_commands()) specs.push_back(&row.spec);
  std::ranges::sort(specs, {}, &kv::CommandSpec::name);
  return specs;
}

Specs top_specs() {
  Specs specs = all_specs();
  std::erase_if(specs, [](const kv::CommandSpec* spec) { return spec->is_subcommand(); });
  return specs;
}

Specs subcommands(const kv::CommandSpec& container) {
  const std::string prefix = std::string(container.name) + "|";
  Specs specs = all_specs();
  std::erase_if(specs, [&](const auto* spec) { return !spec->name.starts_with(prefix); });
  return specs;
}

const kv::CommandSpec* find_spec(std::string_view name) {
  const Specs specs = all_specs();
  const auto at = std::ranges::lower_bound(specs, lower(name), {}, &kv::CommandSpec::name);
  return at != specs.end() && same_word((*at)->name, name) ? *at : nullptr;
}

kv::Reply help(const LocalCommand& container) {
  kv::Reply::Array lines;
  lines.push_back(kv::Reply::status(upper(container.spec.name) +
                                    " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
  for (const kv::CommandSpec* spec : subcommands(container.spec)) {
    const std::string syntax(spec->syntax);
    lines.push_back(kv::Reply::status(upper(spec->name.substr(container.spec.name.size() + 1)) +
                                      (syntax.empty() ? "" : " " + syntax)));
    lines.push_back(kv::Reply::status("    " + std::string(spec->summary)));
  }
  lines.push_back(kv::Reply::status("HELP"));
  lines.push_back(kv::Reply::status("    Print this help."));
  return kv::Reply::array(std::move(lines));
}

kv::Reply unknown_subcommand(const LocalCommand& container, std::string_view subcommand) {
  return kv::Reply::error("ERR unknown subcommand " + quoted(subcommand) + ". Try " +
                          upper(container.spec.name) + " HELP.");
}

}  // namespace holdfast::frontend
