#include <algorithm>
#include <array>

#include "kv/handlers.hpp"

namespace holdfast::kv {
namespace {

constexpr Flags kNone = 0;
constexpr Flags kFast = flag::kFast;
constexpr Flags kGrows = flag::kDenyOom;
constexpr Flags kMovable = flag::kMovableKeys;

constexpr Keys kNoKeys;
constexpr Keys one_key(std::string_view use) {
  return {1, 1, 1, use};
}
constexpr Keys all_keys(std::string_view use) {
  return {1, -1, 1, use};
}

constexpr Command reads(std::string_view name, int arity, Flags flags, Keys keys,
                        ReadHandler handler, std::string_view group, std::string_view since,
                        std::string_view syntax, std::string_view summary) {
  flags |= flag::kReadonly;
  return {{name, arity, flags, keys, group, since, syntax, summary}, handler};
}

constexpr Command writes(std::string_view name, int arity, Flags flags, Keys keys,
                         WriteHandler handler, std::string_view group, std::string_view since,
                         std::string_view syntax, std::string_view summary, bool once = true) {
  flags |= flag::kWrite;
  return {{name, arity, flags, keys, group, since, syntax, summary}, handler, once};
}

// Sorted by name.
constexpr std::array kCommands = {
    writes("append", 3, kGrows | kFast, one_key("RW insert"), do_append, "string", "2.0.0",
           "key value",
           "Appends a string to the value of a key. Creates the key if it doesn't exist."),
    reads("cluster|countkeysinslot", 3, kNone, kNoKeys, do_count_keys_in_slot, "cluster", "3.0.0",
          "slot", "Returns the number of keys in a hash slot."),
    reads("cluster|getkeysinslot", 4, kNone, kNoKeys, do_get_keys_in_slot, "cluster", "3.0.0",
          "slot count", "Returns the key names in a hash slot."),
    reads("dbsize", 1, kFast, kNoKeys, do_dbsize, "server", "1.0.0", "",
          "Returns the number of keys in the database."),
    writes("decr", 2, kGrows | kFast, one_key("RW access update"), do_decr, "string", "1.0.0",
           "key",
           "Decrements the integer value of a key by one. Uses 0 as initial value if the key "
           "doesn't exist."),
    writes("decrby", 3, kGrows | kFast, one_key("RW access update"), do_decrby, "string", "1.0.0",
           "key decrement",
           "Decrements a number from the integer value of a key. Uses 0 as initial value if the "
           "key doesn't exist."),
    writes("del", -2, kNone, all_keys("RM delete"), do_del, "generic", "1.0.0", "key [key ...]",
           "Deletes one or more keys."),
    reads("exists", -2, kFast, all_keys("RO"), do_exists, "generic", "1.0.0", "key [key ...]",
          "Determines whether one or more keys exist."),
    writes("flushall", -1, kNone, kNoKeys, do_flush, "server", "1.0.0", "[ASYNC | SYNC]",
           "Removes all keys from all databases."),
    writes("flushdb", -1, kNone, kNoKeys, do_flush, "server", "1.0.0", "[ASYNC | SYNC]",
           "Removes all keys from the current database."),
    reads("get", 2, kFast, one_key("RO access"), do_get, "string", "1.0.0", "key",
          "Returns the string value of a key."),
    writes("incr", 2, kGrows | kFast, one_key("RW access update"), do_incr, "string", "1.0.0",
           "key",
           "Increments the integer value of a key by one. Uses 0 as initial value if the key "
           "doesn't exist."),
    writes("incrby", 3, kGrows | kFast, one_key("RW access update"), do_incrby, "string", "1.0.0",
           "key increment",
           "Increments the integer value of a key by a number. Uses 0 as initial value if the key "
           "doesn't exist."),
    reads("mget", -2, kFast, all_keys("RO access"), do_mget, "string", "1.0.0", "key [key ...]",
          "Atomically returns the string values of one or more keys."),
    writes("mset", -3, kGrows, Keys{1, -1, 2, "OW update"}, do_mset, "string", "1.0.1",
           "key value [key value ...]",
           "Atomically creates or modifies the string values of one or more keys."),
    writes("once", -4, kMovable, kNoKeys, do_once, "sessions", "0.1.0",
           "session request [ACK lowest] command [argument ...]",
           "Executes a command at most once, however often it is sent.", false),
    reads("revision", 2, kFast, one_key("RO"), do_revision, "generic", "0.1.0", "key",
          "Returns the number of the key's last change, which is above that of every earlier "
          "change."),
    writes("session", -2, kNone, kNoKeys, do_session, "sessions", "0.1.0",
           "OPEN | CLOSE session | INFO session", "Opens, closes or describes a session for ONCE.",
           false),
    writes("set", -3, kGrows, one_key("RW access update"), do_set, "string", "1.0.0", "key value",
           "Sets the string value of a key. The key is created if it doesn't exist."),
    reads("strlen", 2, kFast, one_key("RO"), do_strlen, "string", "2.2.0", "key",
          "Returns the length of a string value."),
};

constexpr std::string_view name_of(const Command& command) {
  return command.spec.name;
}
static_assert(std::ranges::is_sorted(kCommands, {}, name_of));

constexpr auto kSpecs = [] {
  std::array<const CommandSpec*, kCommands.size()> specs{};
  std::ranges::transform(kCommands, specs.begin(),
                         [](const Command& command) { return &command.spec; });
  return specs;
}();

}  // namespace

std::span<const Command> command_rows() {
  return kCommands;
}

std::span<const CommandSpec* const> all_commands() {
  return kSpecs;
}

}  // namespace holdfast::kv
