#pragma once

#include <cstdint>
#include <variant>

#include "base/ids.hpp"
#include "kv/command.hpp"
#include "kv/keyspace.hpp"
#include "kv/sessions.hpp"

namespace holdfast::kv {

// What a write may see and change, and the constants of its place in the log.
struct Execution {
  Keyspace& keyspace;
  Sessions& sessions;
  Index index;                    // of the entry
  std::uint64_t cluster_time_ms;  // as of the entry
  std::uint32_t value_bytes_max;  // of the section
};

// Handlers are called with a number of arguments that matches their arity.
using ReadHandler = Reply (*)(const Keyspace& keyspace, Args args);
using WriteHandler = Reply (*)(Execution& at, Args args);

struct Command {
  CommandSpec spec;
  std::variant<ReadHandler, WriteHandler> handler;
  bool once = true;  // may stand inside ONCE
};

// No word of a name is longer; a client's may be.
inline constexpr std::size_t kNameMax = 32;

std::span<const Command> command_rows();  // sorted by name
// As find_command(), and those that no client can send.
const Command* find_handler(Args args);
const Command* find_internal(std::string_view name);
Reply execute(const Command& command, Execution& at, Args args);

Reply not_an_integer();

Reply do_count_keys_in_slot(const Keyspace& keyspace, Args args);
Reply do_dbsize(const Keyspace& keyspace, Args args);
Reply do_exists(const Keyspace& keyspace, Args args);
Reply do_get(const Keyspace& keyspace, Args args);
Reply do_get_keys_in_slot(const Keyspace& keyspace, Args args);
Reply do_revision(const Keyspace& keyspace, Args args);
Reply do_mget(const Keyspace& keyspace, Args args);
Reply do_strlen(const Keyspace& keyspace, Args args);

Reply do_append(Execution& at, Args args);
Reply do_decr(Execution& at, Args args);
Reply do_decrby(Execution& at, Args args);
Reply do_del(Execution& at, Args args);
Reply do_flush(Execution& at, Args args);
Reply do_incr(Execution& at, Args args);
Reply do_incrby(Execution& at, Args args);
Reply do_mset(Execution& at, Args args);
Reply do_set(Execution& at, Args args);

Reply do_once(Execution& at, Args args);
Reply do_session(Execution& at, Args args);

}  // namespace holdfast::kv
