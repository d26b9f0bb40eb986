#include "cli/commands_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "frontend/local_command.hpp"

namespace holdfast::cli {

namespace {

constexpr const char* kIntroduction =
    "# Commands\n"
    "\n"
    "What a node answers, by the groups of Redis's own documentation. `holdfast commands` writes\n"
    "this page from the tables that dispatch requests, and `COMMAND DOCS` tells clients the same.\n"
    "The version is that of Redis, or of Holdfast, that first had the command.\n"
    "\n"
    "A write (w) goes through the log; a read (r) is linearizable and writes nothing; all else\n"
    "is answered by the node that was asked.\n"
    "\n"
    "Keys have at most 64 KiB (`--max-key-bytes`) and values 64 MiB (`--max-value-bytes`). A read "
    "of\n"
    "a longer key is refused as a write would be, where Redis says that there is no such key: who\n"
    "asks for one is mistaken, and should hear it before the first write.\n";

// Upper case, and the words of a subcommand apart.
std::string shown_name(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c == '|') c = ' ';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

// Inside a table a bar would end the cell.
std::string in_cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string page_row(const kv::CommandSpec& spec) {
  const auto has = [&](kv::Flags flag) { return (spec.flags & flag) != 0; };
  const char* kind = has(kv::flag::kWrite) ? "w" : has(kv::flag::kReadonly) ? "r" : "";
  std::string call = shown_name(spec.name);
  if (!spec.syntax.empty()) call += " " + in_cell(spec.syntax);
  return "| `" + call + "` | " + kind + " | " + std::string(spec.since) + " | " +
         std::string(spec.summary) + " |\n";
}

}  // namespace

std::string commands_page() {
  std::map<std::string_view, std::string> groups;
  for (const kv::CommandSpec* spec : frontend::all_specs()) {
    const frontend::LocalCommand* local = frontend::find_local(spec->name);
    const bool is_container =
        local != nullptr && local->kind == frontend::LocalCommand::Kind::kContainer;
    // A container alone does nothing; COMMAND is the exception.
    if (!is_container || local->run != nullptr) groups[spec->group] += page_row(*spec);
  }
  std::string page = kIntroduction;
  for (const auto& [name, rows] : groups) {
    page += "\n## " + std::string(name) + "\n\n| command | | since | |\n|---|---|---|---|\n" + rows;
  }
  return page;
}

void add_commands_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("commands", "Print the Redis commands that a node answers");
  command->callback([] { std::cout << commands_page(); });
}

}  // namespace holdfast::cli
