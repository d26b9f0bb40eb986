#include "kv/command.hpp"

#include <algorithm>
#include <array>

#include "base/overload.hpp"
#include "kv/handlers.hpp"
#include "kv/text.hpp"

namespace holdfast::kv {
namespace {

constexpr Command reads(std::string_view name, int arity, int first_key, int last_key, int key_step,
                        ReadHandler handler, std::string_view group, std::string_view summary,
                        std::string_view since) {
  return {{name, arity, false, first_key, last_key, key_step, group, summary, since}, handler};
}

constexpr Command writes(std::string_view name, int arity, int first_key, int last_key,
                         int key_step, WriteHandler handler, std::string_view group,
                         std::string_view summary, std::string_view since, bool once = true) {
  return {{name, arity, true, first_key, last_key, key_step, group, summary, since}, handler, once};
}

// Sorted by name.
constexpr std::array kCommands = {
    writes("append", 3, 1, 1, 1, do_append, "string",
           "Appends a string to the value of a key. Creates the key if it doesn't exist.", "2.0.0"),
    reads("cluster|countkeysinslot", 2, 0, 0, 0, do_count_keys_in_slot, "cluster",
          "Returns the number of keys in a hash slot.", "3.0.0"),
    reads("cluster|getkeysinslot", 3, 0, 0, 0, do_get_keys_in_slot, "cluster",
          "Returns the key names in a hash slot.", "3.0.0"),
    reads("dbsize", 1, 0, 0, 0, do_dbsize, "server", "Returns the number of keys in the database.",
          "1.0.0"),
    writes("decr", 2, 1, 1, 1, do_decr, "string",
           "Decrements the integer value of a key by one. Uses 0 as initial value if the key "
           "doesn't exist.",
           "1.0.0"),
    writes("decrby", 3, 1, 1, 1, do_decrby, "string",
           "Decrements a number from the integer value of a key. Uses 0 as initial value if the "
           "key doesn't exist.",
           "1.0.0"),
    writes("del", -2, 1, -1, 1, do_del, "generic", "Deletes one or more keys.", "1.0.0"),
    reads("exists", -2, 1, -1, 1, do_exists, "generic",
          "Determines whether one or more keys exist.", "1.0.0"),
    writes("flushall", -1, 0, 0, 0, do_flush, "server", "Removes all keys from all databases.",
           "1.0.0"),
    writes("flushdb", -1, 0, 0, 0, do_flush, "server",
           "Removes all keys from the current database.", "1.0.0"),
    reads("get", 2, 1, 1, 1, do_get, "string", "Returns the string value of a key.", "1.0.0"),
    writes("incr", 2, 1, 1, 1, do_incr, "string",
           "Increments the integer value of a key by one. Uses 0 as initial value if the key "
           "doesn't exist.",
           "1.0.0"),
    writes("incrby", 3, 1, 1, 1, do_incrby, "string",
           "Increments the integer value of a key by a number. Uses 0 as initial value if the key "
           "doesn't exist.",
           "1.0.0"),
    reads("mget", -2, 1, -1, 1, do_mget, "string",
          "Atomically returns the string values of one or more keys.", "1.0.0"),
    writes("mset", -3, 1, -1, 2, do_mset, "string",
           "Atomically creates or modifies the string values of one or more keys.", "1.0.1"),
    writes("once", -4, 0, 0, 0, do_once, "sessions",
           "Executes a command at most once, however often it is sent.", "0.1.0", false),
    writes("session", -2, 0, 0, 0, do_session, "sessions",
           "Opens, closes or describes a session for ONCE.", "0.1.0", false),
    writes("set", -3, 1, 1, 1, do_set, "string",
           "Sets the string value of a key. The key is created if it doesn't exist.", "1.0.0"),
    reads("strlen", 2, 1, 1, 1, do_strlen, "string", "Returns the length of a string value.",
          "2.2.0"),
};

constexpr std::string_view name_of(const Command& command) {
  return command.spec.name;
}
static_assert(std::ranges::is_sorted(kCommands, {}, name_of));

constexpr std::size_t kNameMax = std::ranges::max(kCommands, {}, [](const Command& command) {
                                   return command.spec.name.size();
                                 }).spec.name.size();

constexpr auto kSpecs = [] {
  std::array<const CommandSpec*, kCommands.size()> specs{};
  std::ranges::transform(kCommands, specs.begin(),
                         [](const Command& command) { return &command.spec; });
  return specs;
}();

}  // namespace

const Command* find_handler(std::string_view name) {
  if (name.size() > kNameMax) return nullptr;
  std::array<char, kNameMax> buffer;
  std::ranges::transform(name, buffer.begin(), lower);
  const std::string_view wanted(buffer.data(), name.size());
  const auto at = std::ranges::lower_bound(kCommands, wanted, {}, name_of);
  return at == kCommands.end() || at->spec.name != wanted ? nullptr : &*at;
}

Reply execute(const Command& command, Execution& at, Args args) {
  return std::visit(Overload{
                        [&](ReadHandler handler) { return handler(at.keyspace, args); },
                        [&](WriteHandler handler) { return handler(at, args); },
                    },
                    command.handler);
}

const CommandSpec* find_command(std::string_view name) {
  const Command* command = find_handler(name);
  return command == nullptr ? nullptr : &command->spec;
}

std::span<const CommandSpec* const> all_commands() {
  return kSpecs;
}

bool arity_matches(const CommandSpec& spec, std::size_t argument_count) {
  return spec.arity >= 0 ? argument_count == static_cast<std::size_t>(spec.arity)
                         : argument_count >= static_cast<std::size_t>(-spec.arity);
}

Reply wrong_arity(std::string_view lower_case_name) {
  return Reply::error("ERR wrong number of arguments for '" + std::string(lower_case_name) +
                      "' command");
}

Reply unknown_command(Args args) {
  constexpr std::size_t kShownMax = 128;
  std::string shown;
  for (const std::string_view arg : args.subspan(1)) {
    if (shown.size() >= kShownMax) break;
    shown += "'" + printable(arg, kShownMax - shown.size()) + "' ";
  }
  return Reply::error("ERR unknown command '" + printable(args[0], kShownMax) +
                      "', with args beginning with: " + shown);
}

}  // namespace holdfast::kv
