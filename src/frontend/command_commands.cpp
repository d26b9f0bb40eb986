#include <algorithm>
#include <array>
#include <iterator>

#include "frontend/handlers.hpp"
#include "frontend/key_positions.hpp"
#include "frontend/text.hpp"
#include "kv/glob.hpp"

namespace holdfast::frontend {

namespace {

using kv::CommandSpec;
using kv::Reply;

// By a client's words.
const CommandSpec* find_spec(kv::Args args) {
  if (const CommandSpec* spec = kv::find_command(args)) return spec;
  const LocalCommand* row = find_local(args[0]);
  if (row != nullptr && row->kind == LocalCommand::Kind::kContainer && args.size() > 1) {
    row = find_local(args[0], args[1]);
  }
  return row == nullptr ? nullptr : &row->spec;
}

Reply status_set(std::string_view words) {
  std::vector<Reply> list;
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    list.push_back(Reply::status(std::string(words.substr(0, end))));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return Reply::set(std::move(list));
}

Reply flags_of(const CommandSpec& spec) {
  using namespace kv::flag;
  constexpr std::array<std::pair<kv::Flags, const char*>, 9> kNames{{
      {kWrite, "write"},
      {kReadonly, "readonly"},
      {kDenyOom, "denyoom"},
      {kAdmin, "admin"},
      {kLoading, "loading"},
      {kStale, "stale"},
      {kFast, "fast"},
      {kNoAuth, "no_auth"},
      {kMovableKeys, "movablekeys"},
  }};
  std::vector<Reply> names;
  for (const auto& [flag, name] : kNames) {
    if ((spec.flags & flag) != 0) names.push_back(Reply::status(name));
  }
  return Reply::set(std::move(names));
}

// Redis's categories for access control, without the '@'.
std::vector<std::string_view> categories_of(const CommandSpec& spec) {
  using namespace kv::flag;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOfGroups{{
      {"bitmap", "bitmap"},
      {"connection", "connection"},
      {"generic", "keyspace"},
      {"scripting", "scripting"},
      {"string", "string"},
      {"transactions", "transaction"},
  }};
  // What neither group nor flags say; of a subcommand, by its container.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kOfNames{{
      {"asking", "connection"},
      {"command", "connection"},
      {"dbsize", "keyspace"},
      {"flushall", "dangerous"},
      {"flushall", "keyspace"},
      {"flushdb", "dangerous"},
      {"flushdb", "keyspace"},
      {"info", "dangerous"},
      {"keys", "dangerous"},
      {"readonly", "connection"},
      {"readwrite", "connection"},
      {"restore", "dangerous"},
      {"role", "dangerous"},
      {"wait", "connection"},
  }};
  const auto has = [&](kv::Flags flag) { return (spec.flags & flag) != 0; };
  std::vector<std::string_view> categories;
  for (const auto& [group, category] : kOfGroups) {
    if (spec.group == group) categories.push_back(category);
  }
  if (has(kReadonly)) categories.push_back("read");
  if (has(kWrite)) categories.push_back("write");
  if (has(kAdmin)) categories.push_back("admin");
  if (has(kAdmin)) categories.push_back("dangerous");
  const std::string_view name = spec.name.substr(0, spec.name.find('|'));
  for (const auto& [command, category] : kOfNames) {
    if (name == command) categories.push_back(category);
  }
  categories.push_back(has(kFast) ? "fast" : "slow");
  return categories;
}

// What a command does to its first key, or to all others.
std::string_view key_use(const CommandSpec& spec, bool is_first) {
  const auto bar = spec.keys.use.find('|');
  if (bar == std::string_view::npos || is_first) return spec.keys.use.substr(0, bar);
  return spec.keys.use.substr(bar + 1);
}

// Keys from the position `first` on; `last` is relative to it, or negative.
Reply key_range(std::string_view use, int first, int last, int step) {
  const auto text = [](const char* word) { return Reply::bulk(word); };
  const auto find = [&](const char* type, std::vector<Reply> spec) {
    return Reply::map({text("type"), text(type), text("spec"), Reply::map(std::move(spec))});
  };
  return Reply::map({text("flags"), status_set(use), text("begin_search"),
                     find("index", {text("index"), Reply::integer(first)}), text("find_keys"),
                     find("range", {text("lastkey"), Reply::integer(last), text("keystep"),
                                    Reply::integer(step), text("limit"), Reply::integer(0)})});
}

Reply key_ranges(const CommandSpec& spec) {
  const auto& [first, last, step, use] = spec.keys;
  if (first == 0) return Reply::set({});
  const bool is_split = use.find('|') != std::string_view::npos;
  const auto from = [end = last](int at) { return end < 0 ? end : end - at; };
  if (!is_split) return Reply::set({key_range(use, first, from(first), step)});
  return Reply::set({key_range(key_use(spec, true), first, 0, step),
                     key_range(key_use(spec, false), first + step, from(first + step), step)});
}

// [name, arity, flags, first key, last key, step, ACL categories, tips, key specs, subcommands]
Reply info_entry(const CommandSpec& spec) {
  std::vector<Reply> categories;
  for (const auto category : categories_of(spec)) {
    categories.push_back(Reply::status("@" + std::string(category)));
  }
  Reply::Array subs;
  for (const CommandSpec* sub : subcommands(spec)) subs.push_back(info_entry(*sub));
  return Reply::array({Reply::bulk(std::string(spec.name)), Reply::integer(spec.arity),
                       flags_of(spec), Reply::integer(spec.keys.first),
                       Reply::integer(spec.keys.last), Reply::integer(spec.keys.step),
                       Reply::set(std::move(categories)), Reply::set({}), key_ranges(spec),
                       // As in Redis.
                       subs.empty() ? Reply::set({}) : Reply::array(std::move(subs))});
}

bool in_filter(const CommandSpec& spec, std::string_view by, std::string_view value) {
  if (same_word(by, "pattern")) return kv::matches_glob(value, spec.name, kv::Case::kIgnored);
  if (same_word(by, "module")) return false;
  return std::ranges::any_of(categories_of(spec),
                             [&](std::string_view name) { return same_word(name, value); });
}

// Calls visit(spec, args, position) for each key of the command that the call asks about; the
// spec and the arguments are those of the command in ONCE, if it is one. The refusal, if any.
template <class Visit>
std::optional<Reply> for_each_asked_key(LocalCall& call, Visit visit) {
  const kv::Args asked = call.args.subspan(2);
  const CommandSpec* spec = find_spec(asked);
  if (spec == nullptr) return Reply::error("ERR Invalid command specified");
  if (spec->keys.first == 0 && (spec->flags & kv::flag::kMovableKeys) == 0) {
    return Reply::error("ERR The command has no key arguments");
  }
  if (!kv::arity_matches(*spec, asked.size())) {
    return Reply::error("ERR Invalid number of arguments specified for command");
  }
  const Keyed keyed = keyed_command(*spec, asked);
  bool has_keys = false;
  if (keyed.spec != nullptr) {
    for_each_key(*keyed.spec, keyed.args, [&](std::size_t at) {
      has_keys = true;
      visit(*keyed.spec, keyed.args, at);
    });
  }
  if (!has_keys) return Reply::error("ERR Invalid arguments specified for command");
  return std::nullopt;
}

}  // namespace

Reply do_command(LocalCall&) {
  Reply::Array entries;
  for (const CommandSpec* spec : top_specs()) entries.push_back(info_entry(*spec));
  return Reply::array(std::move(entries));
}

Reply do_command_count(LocalCall&) {
  return Reply::integer(static_cast<std::int64_t>(top_specs().size()));
}

// Null for each name that is no command's.
Reply do_command_info(LocalCall& call) {
  if (call.args.size() == 2) return do_command(call);
  Reply::Array entries;
  for (const std::string_view name : call.args.subspan(2)) {
    const CommandSpec* spec = find_spec(name);
    entries.push_back(spec != nullptr ? info_entry(*spec) : Reply::null());
  }
  return Reply::array(std::move(entries));
}

// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]: of subcommands too, if
// there is a filter.
Reply do_command_list(LocalCall& call) {
  const kv::Args args = call.args;
  const bool filtered = args.size() == 5 && same_word(args[2], "filterby");
  if (args.size() != 2 && !filtered) return syntax_error();
  if (filtered && !same_word(args[3], "pattern") && !same_word(args[3], "module") &&
      !same_word(args[3], "aclcat")) {
    return syntax_error();
  }
  Reply::Array names;
  for (const CommandSpec* spec : filtered ? all_specs() : top_specs()) {
    if (filtered && !in_filter(*spec, args[3], args[4])) continue;
    names.push_back(Reply::bulk(std::string(spec->name)));
  }
  return Reply::array(std::move(names));
}

Reply do_command_getkeys(LocalCall& call) {
  Reply::Array keys;
  auto refusal = for_each_asked_key(call, [&](const CommandSpec&, kv::Args args, std::size_t at) {
    keys.push_back(Reply::bulk(std::string(args[at])));
  });
  return refusal ? std::move(*refusal) : Reply::array(std::move(keys));
}

// [[key, [flag, …]], …]
Reply do_command_getkeysandflags(LocalCall& call) {
  Reply::Array keys;
  auto refusal =
      for_each_asked_key(call, [&](const CommandSpec& spec, kv::Args args, std::size_t at) {
        const bool is_first = at == static_cast<std::size_t>(spec.keys.first);
        keys.push_back(Reply::array(
            {Reply::bulk(std::string(args[at])), status_set(key_use(spec, is_first))}));
      });
  return refusal ? std::move(*refusal) : Reply::array(std::move(keys));
}

}  // namespace holdfast::frontend
