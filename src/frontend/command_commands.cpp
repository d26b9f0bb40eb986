#include <algorithm>

#include "frontend/handlers.hpp"
#include "frontend/key_positions.hpp"
#include "frontend/text.hpp"

namespace holdfast::frontend {

namespace {

using kv::CommandSpec;
using kv::Reply;
using Kind = LocalCommand::Kind;

bool is_subcommand(const CommandSpec& spec) {
  return spec.name.find('|') != std::string_view::npos;
}

// A command as COMMAND tells of it: of the store, or local.
struct Described {
  const CommandSpec* spec;
  const LocalCommand* local;  // null: of the store
};

std::vector<Described> top_commands() {
  std::vector<Described> result;
  for (const CommandSpec* spec : kv::all_commands()) {
    if (!is_subcommand(*spec)) result.push_back({spec, nullptr});
  }
  for (const LocalCommand& row : local_commands()) {
    if (!is_subcommand(row.spec)) result.push_back({&row.spec, &row});
  }
  return result;
}

std::vector<Described> subcommands(const CommandSpec& container) {
  const std::string prefix = std::string(container.name) + "|";
  std::vector<Described> result;
  for (const LocalCommand& row : local_commands()) {
    if (row.spec.name.starts_with(prefix)) result.push_back({&row.spec, &row});
  }
  return result;
}

std::optional<Described> find(std::string_view name) {
  const CommandSpec* spec = kv::find_command(name);
  if (spec != nullptr && !is_subcommand(*spec)) return Described{spec, nullptr};
  const auto bar = name.find('|');
  const LocalCommand* row = bar == std::string_view::npos
                                ? find_local(name)
                                : find_local(name.substr(0, bar), name.substr(bar + 1));
  if (row == nullptr) return std::nullopt;
  return Described{&row->spec, row};
}

Reply flags(const Described& command) {
  Reply::Array flags;
  const auto add = [&flags](const char* flag) { flags.push_back(Reply::status(flag)); };
  if (command.local == nullptr) {
    add(command.spec->write ? "write" : "readonly");
    // Cluster clients then ask COMMAND GETKEYS where the keys are.
    if (command.spec->name == "once") add("movablekeys");
  } else {
    add("loading");
    add("stale");
    if (command.local->kind == Kind::kBeforeAuth) add("no_auth");
  }
  return Reply::array(std::move(flags));
}

// [name, arity, flags, first key, last key, step, ACL categories, tips, key specs, subcommands]
Reply info_entry(const Described& command) {
  const CommandSpec& spec = *command.spec;
  Reply::Array categories;
  if (command.local == nullptr)
    categories.push_back(Reply::status(spec.write ? "@write" : "@read"));
  Reply::Array subs;
  for (const Described& sub : subcommands(spec)) subs.push_back(info_entry(sub));
  return Reply::array({Reply::bulk(std::string(spec.name)), Reply::integer(spec.arity),
                       flags(command), Reply::integer(spec.first_key),
                       Reply::integer(spec.last_key), Reply::integer(spec.key_step),
                       Reply::array(std::move(categories)), Reply::array({}), Reply::array({}),
                       Reply::array(std::move(subs))});
}

void add_docs(const Described& command, std::vector<Reply>& out) {
  const CommandSpec& spec = *command.spec;
  std::vector<Reply> items;
  const auto add = [&items](const char* key, std::string_view value) {
    items.push_back(Reply::bulk(key));
    items.push_back(Reply::bulk(std::string(value)));
  };
  add("summary", spec.summary);
  add("since", spec.since);
  add("group", spec.group);
  std::vector<Reply> subs;
  for (const Described& sub : subcommands(spec)) add_docs(sub, subs);
  if (!subs.empty()) {
    items.push_back(Reply::bulk("subcommands"));
    items.push_back(Reply::map(std::move(subs)));
  }
  out.push_back(Reply::bulk(std::string(spec.name)));
  out.push_back(Reply::map(std::move(items)));
}

bool in_filter(const Described& command, std::string_view by, std::string_view value) {
  if (same_word(by, "pattern")) return matches_glob(value, command.spec->name);
  if (same_word(by, "module")) return false;
  return command.local == nullptr && same_word(value, command.spec->write ? "write" : "read");
}

}  // namespace

Reply do_command(LocalCall&) {
  Reply::Array entries;
  for (const Described& command : top_commands()) entries.push_back(info_entry(command));
  return Reply::array(std::move(entries));
}

Reply do_command_count(LocalCall&) {
  return Reply::integer(static_cast<std::int64_t>(top_commands().size()));
}

// Null for each name that is no command's.
Reply do_command_info(LocalCall& call) {
  if (call.args.size() == 2) return do_command(call);
  Reply::Array entries;
  for (const std::string_view name : call.args.subspan(2)) {
    const auto command = find(name);
    entries.push_back(command ? info_entry(*command) : Reply::null());
  }
  return Reply::array(std::move(entries));
}

Reply do_command_docs(LocalCall& call) {
  std::vector<Reply> items;
  if (call.args.size() == 2) {
    for (const Described& command : top_commands()) add_docs(command, items);
  }
  for (const std::string_view name : call.args.subspan(2)) {
    if (const auto command = find(name)) add_docs(*command, items);
  }
  return Reply::map(std::move(items));
}

// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]
Reply do_command_list(LocalCall& call) {
  const kv::Args args = call.args;
  const bool filtered = args.size() == 5 && same_word(args[2], "filterby");
  if (args.size() != 2 && !filtered) return syntax_error();
  if (filtered && !same_word(args[3], "pattern") && !same_word(args[3], "module") &&
      !same_word(args[3], "aclcat")) {
    return syntax_error();
  }
  Reply::Array names;
  for (const Described& command : top_commands()) {
    if (filtered && !in_filter(command, args[3], args[4])) continue;
    names.push_back(Reply::bulk(std::string(command.spec->name)));
  }
  return Reply::array(std::move(names));
}

Reply do_command_getkeys(LocalCall& call) {
  const kv::Args asked = call.args.subspan(2);
  const auto command = find(asked[0]);
  if (!command) return Reply::error("ERR Invalid command specified");
  if (!kv::arity_matches(*command->spec, asked.size())) {
    return Reply::error("ERR Invalid number of arguments specified for command");
  }
  const Keyed keyed = keyed_command(*command->spec, asked);
  Reply::Array keys;
  if (keyed.spec != nullptr) {
    for_each_key(*keyed.spec, keyed.args,
                 [&](std::size_t at) { keys.push_back(Reply::bulk(std::string(keyed.args[at]))); });
  }
  if (keys.empty()) return Reply::error("ERR The command has no key arguments");
  return Reply::array(std::move(keys));
}

}  // namespace holdfast::frontend
