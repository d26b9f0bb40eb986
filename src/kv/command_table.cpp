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
constexpr Keys second_key(std::string_view use) {
  return {2, 2, 1, use};
}
constexpr Keys all_keys(std::string_view use) {
  return {1, -1, 1, use};
}

constexpr Command reads(std::string_view name, int arity, Flags flags, Keys keys, auto handler,
                        std::string_view group, std::string_view since, std::string_view syntax,
                        std::string_view summary) {
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
    reads("bitcount", -2, kNone, one_key("RO access"), do_bitcount, "bitmap", "2.6.0",
          "key [start end [BYTE | BIT]]", "Counts the number of set bits in a string."),
    writes("bitfield", -2, kGrows, one_key("RW access update"), do_bitfield, "bitmap", "3.2.0",
           "key [GET type offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET type offset value | INCRBY "
           "type offset increment> ...]",
           "Performs bitfield integer operations on strings."),
    reads("bitfield_ro", -2, kFast, one_key("RO access"), do_bitfield_ro, "bitmap", "6.0.0",
          "key [GET type offset ...]", "Reads integers of any width from a string."),
    writes("bitop", -4, kGrows, Keys{2, -1, 1, "OW update|RO access"}, do_bitop, "bitmap", "2.6.0",
           "<AND | OR | XOR | NOT> destination key [key ...]",
           "Performs bitwise operations on multiple strings, and stores the result."),
    reads("bitpos", -3, kNone, one_key("RO access"), do_bitpos, "bitmap", "2.8.7",
          "key bit [start [end [BYTE | BIT]]]",
          "Finds the first set (1) or clear (0) bit in a string."),
    reads("cluster|countkeysinslot", 3, kNone, kNoKeys, do_count_keys_in_slot, "cluster", "3.0.0",
          "slot", "Returns the number of keys in a hash slot."),
    reads("cluster|getkeysinslot", 4, kNone, kNoKeys, do_get_keys_in_slot, "cluster", "3.0.0",
          "slot count", "Returns the key names in a hash slot."),
    writes("copy", -3, kGrows, Keys{1, 2, 1, "RO access|OW update"}, do_copy, "generic", "6.2.0",
           "source destination [DB 0] [REPLACE]", "Copies the value of a key to a new key."),
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
    writes("delifeq", 3, kFast, one_key("RM delete"), do_delifeq, "string", "9.0.0", "key value",
           "Deletes a key if its value is this one. Of Valkey."),
    reads("dump", 2, kNone, one_key("RO access"), do_dump, "generic", "2.6.0", "key",
          "Returns a serialized representation of the value stored at a key."),
    reads("exists", -2, kFast, all_keys("RO"), do_exists, "generic", "1.0.0", "key [key ...]",
          "Determines whether one or more keys exist."),
    writes("expire", -3, kFast, one_key("RW update"), do_expire, "generic", "1.0.0",
           "key seconds [NX | XX | GT | LT]", "Sets the expiration time of a key in seconds."),
    writes("expireat", -3, kFast, one_key("RW update"), do_expireat, "generic", "1.2.0",
           "key unix-seconds [NX | XX | GT | LT]",
           "Sets the expiration time of a key to a Unix time in seconds."),
    reads("expiretime", 2, kFast, one_key("RO access"), do_expiretime, "generic", "7.0.0", "key",
          "Returns the expiration time of a key as a Unix time in seconds."),
    writes("flushall", -1, kNone, kNoKeys, do_flush, "server", "1.0.0", "[ASYNC | SYNC]",
           "Removes all keys from all databases."),
    writes("flushdb", -1, kNone, kNoKeys, do_flush, "server", "1.0.0", "[ASYNC | SYNC]",
           "Removes all keys from the current database."),
    reads("get", 2, kFast, one_key("RO access"), do_get, "string", "1.0.0", "key",
          "Returns the string value of a key."),
    reads("getbit", 3, kFast, one_key("RO access"), do_getbit, "bitmap", "2.2.0", "key offset",
          "Returns a bit value by offset."),
    writes("getdel", 2, kFast, one_key("RW access delete"), do_getdel, "string", "6.2.0", "key",
           "Returns the string value of a key after deleting the key."),
    writes(
        "getex", -2, kFast, one_key("RW access update"), do_getex, "string", "6.2.0",
        "key [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | PERSIST]",
        "Returns the string value of a key after setting its expiration time."),
    reads("getrange", 4, kNone, one_key("RO access"), do_getrange, "string", "2.4.0",
          "key start end", "Returns a substring of the string stored at a key."),
    writes("getset", 3, kGrows | kFast, one_key("RW access update"), do_getset, "string", "1.0.0",
           "key value",
           "Returns the previous string value of a key after setting it to a new value."),
    writes("incr", 2, kGrows | kFast, one_key("RW access update"), do_incr, "string", "1.0.0",
           "key",
           "Increments the integer value of a key by one. Uses 0 as initial value if the key "
           "doesn't exist."),
    writes("incrby", 3, kGrows | kFast, one_key("RW access update"), do_incrby, "string", "1.0.0",
           "key increment",
           "Increments the integer value of a key by a number. Uses 0 as initial value if the key "
           "doesn't exist."),
    writes("incrbyfloat", 3, kGrows | kFast, one_key("RW access update"), do_incrbyfloat, "string",
           "2.6.0", "key increment",
           "Increments the floating point value of a key by a number. Uses 0 as initial value if "
           "the key doesn't exist."),
    reads("keys", 2, kNone, kNoKeys, do_keys, "generic", "1.0.0", "pattern",
          "Returns all key names that match a pattern."),
    reads("lcs", -3, kNone, Keys{1, 2, 1, "RO access"}, do_lcs, "string", "7.0.0",
          "key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN]",
          "Finds the longest common substring."),
    reads("memory|usage", -3, kNone, second_key("RO"), do_memory_usage, "server", "4.0.0",
          "key [SAMPLES count]", "Estimates the memory usage of a key."),
    reads("mget", -2, kFast, all_keys("RO access"), do_mget, "string", "1.0.0", "key [key ...]",
          "Atomically returns the string values of one or more keys."),
    writes("mset", -3, kGrows, Keys{1, -1, 2, "OW update"}, do_mset, "string", "1.0.1",
           "key value [key value ...]",
           "Atomically creates or modifies the string values of one or more keys."),
    writes("msetnx", -3, kGrows, Keys{1, -1, 2, "OW insert"}, do_msetnx, "string", "1.0.1",
           "key value [key value ...]",
           "Atomically sets the string values of one or more keys only if none of them exists."),
    reads("object|encoding", 3, kNone, second_key("RO"), do_object_encoding, "generic", "2.2.3",
          "key", "Returns the internal encoding of a Redis object."),
    reads("object|freq", 3, kNone, second_key("RO"), do_object_freq, "generic", "4.0.0", "key",
          "Refused: no access frequency is kept."),
    reads("object|idletime", 3, kNone, second_key("RO"), do_object_idletime, "generic", "2.2.3",
          "key", "Returns 0: the time since the last access is not kept."),
    reads("object|refcount", 3, kNone, second_key("RO"), do_object_refcount, "generic", "2.2.3",
          "key", "Returns the reference count of a value of a key."),
    writes("once", -4, kMovable, kNoKeys, do_once, "sessions", "0.1.0",
           "session request [ACK lowest] command [argument ...]",
           "Executes a command at most once, however often it is sent.", false),
    writes("persist", 2, kFast, one_key("RW update"), do_persist, "generic", "2.2.0", "key",
           "Removes the expiration time of a key."),
    writes("pexpire", -3, kFast, one_key("RW update"), do_pexpire, "generic", "2.6.0",
           "key milliseconds [NX | XX | GT | LT]",
           "Sets the expiration time of a key in milliseconds."),
    writes("pexpireat", -3, kFast, one_key("RW update"), do_pexpireat, "generic", "2.6.0",
           "key unix-milliseconds [NX | XX | GT | LT]",
           "Sets the expiration time of a key to a Unix time in milliseconds."),
    reads("pexpiretime", 2, kFast, one_key("RO access"), do_pexpiretime, "generic", "7.0.0", "key",
          "Returns the expiration time of a key as a Unix time in milliseconds."),
    writes("psetex", 4, kGrows, one_key("OW update"), do_psetex, "string", "2.6.0",
           "key milliseconds value",
           "Sets both string value and expiration time in milliseconds of a key."),
    reads("pttl", 2, kFast, one_key("RO access"), do_pttl, "generic", "2.6.0", "key",
          "Returns the time to live of a key in milliseconds."),
    reads("randomkey", 1, kNone, kNoKeys, do_randomkey, "generic", "1.0.0", "",
          "Returns a random key name from the database."),
    writes("rename", 3, kNone, Keys{1, 2, 1, "RW access delete|OW update"}, do_rename, "generic",
           "1.0.0", "key newkey", "Renames a key and overwrites the destination."),
    writes("renamenx", 3, kFast, Keys{1, 2, 1, "RW access delete|OW insert"}, do_renamenx,
           "generic", "1.0.0", "key newkey",
           "Renames a key only when the target key name doesn't exist."),
    writes("restore", -4, kGrows, one_key("OW update"), do_restore, "generic", "2.6.0",
           "key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]",
           "Creates a key from the serialized representation of a value."),
    reads("revision", 2, kFast, one_key("RO"), do_revision, "generic", "0.1.0", "key",
          "Returns the number of the key's last change, which is above that of every earlier "
          "change."),
    reads("scan", -2, kNone, kNoKeys, do_scan, "generic", "2.8.0",
          "cursor [MATCH pattern] [COUNT count] [TYPE type]",
          "Iterates over the key names in the database."),
    writes("session", -2, kNone, kNoKeys, do_session, "sessions", "0.1.0",
           "OPEN | CLOSE session | INFO session", "Opens, closes or describes a session for ONCE.",
           false),
    writes("set", -3, kGrows, one_key("RW access update"), do_set, "string", "1.0.0",
           "key value [NX | XX | IFEQ value] [GET] [EX seconds | PX milliseconds | EXAT "
           "unix-seconds | PXAT unix-milliseconds | KEEPTTL]",
           "Sets the string value of a key. The key is created if it doesn't exist."),
    writes("setbit", 4, kGrows, one_key("RW access update"), do_setbit, "bitmap", "2.2.0",
           "key offset value",
           "Sets or clears the bit at offset of the string value. Creates the key if it doesn't "
           "exist."),
    writes("setex", 4, kGrows, one_key("OW update"), do_setex, "string", "2.0.0",
           "key seconds value", "Sets both string value and expiration time of a key."),
    writes("setnx", 3, kGrows | kFast, one_key("OW insert"), do_setnx, "string", "1.0.0",
           "key value", "Sets the string value of a key only if the key doesn't exist."),
    writes("setrange", 4, kGrows, one_key("RW update"), do_setrange, "string", "2.2.0",
           "key offset value", "Overwrites a part of a string value with another by an offset."),
    reads("strlen", 2, kFast, one_key("RO"), do_strlen, "string", "2.2.0", "key",
          "Returns the length of a string value."),
    reads("substr", 4, kNone, one_key("RO access"), do_getrange, "string", "1.0.0", "key start end",
          "Returns a substring of the string stored at a key."),
    reads("touch", -2, kFast, all_keys("RO"), do_exists, "generic", "3.2.1", "key [key ...]",
          "Returns the number of existing keys out of those specified."),
    reads("ttl", 2, kFast, one_key("RO access"), do_ttl, "generic", "1.0.0", "key",
          "Returns the time to live of a key in seconds."),
    reads("type", 2, kFast, one_key("RO"), do_type, "generic", "1.0.0", "key",
          "Determines the type of value stored at a key."),
    writes("unlink", -2, kFast, all_keys("RM delete"), do_del, "generic", "4.0.0", "key [key ...]",
           "Deletes one or more keys."),
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
