#pragma once

#include <cstdint>
#include <variant>

#include "base/ids.hpp"
#include "kv/command.hpp"
#include "kv/keyspace.hpp"
#include "kv/moment.hpp"
#include "kv/sessions.hpp"

namespace holdfast::kv {

// What a write may see and change, and the constants of its place in the log.
struct Execution {
  Keyspace& keyspace;
  Sessions& sessions;
  Index index;                    // of the entry
  std::uint64_t session_time_ms;  // as of the entry
  std::uint32_t value_bytes_max;  // of the section
  std::uint64_t draws = 0;        // by its commands
};

// Handlers are called with a number of arguments that matches their arity.
using ReadHandler = Reply (*)(const Keyspace& keyspace, Args args);
using MomentHandler = Reply (*)(const Keyspace& keyspace, const Moment& moment, Args args);
using WriteHandler = Reply (*)(Execution& at, Args args);

struct Command {
  CommandSpec spec;
  std::variant<ReadHandler, MomentHandler, WriteHandler> handler;
  bool once = true;  // may stand inside ONCE, and in a transaction
};

// No word of a name is longer; a client's may be.
inline constexpr std::size_t kNameMax = 32;

std::span<const Command> command_rows();  // sorted by name
// As find_command(), and those that no client can send.
const Command* find_handler(Args args);
const Command* find_internal(std::string_view name);
Reply execute(const Command& command, Execution& at, Args args);

Reply do_bitcount(const Keyspace& keyspace, Args args);
Reply do_bitfield_ro(const Keyspace& keyspace, Args args);
Reply do_bitpos(const Keyspace& keyspace, Args args);
Reply do_count_keys_in_slot(const Keyspace& keyspace, Args args);
Reply do_dbsize(const Keyspace& keyspace, Args args);
Reply do_dump(const Keyspace& keyspace, Args args);
Reply do_exists(const Keyspace& keyspace, Args args);
Reply do_expiretime(const Keyspace& keyspace, Args args);
Reply do_get(const Keyspace& keyspace, Args args);
Reply do_get_keys_in_slot(const Keyspace& keyspace, Args args);
Reply do_getbit(const Keyspace& keyspace, Args args);
Reply do_getrange(const Keyspace& keyspace, Args args);
Reply do_keys(const Keyspace& keyspace, Args args);
Reply do_lcs(const Keyspace& keyspace, Args args);
Reply do_memory_usage(const Keyspace& keyspace, Args args);
Reply do_mget(const Keyspace& keyspace, Args args);
Reply do_object_encoding(const Keyspace& keyspace, Args args);
Reply do_object_freq(const Keyspace& keyspace, Args args);
Reply do_object_idletime(const Keyspace& keyspace, Args args);
Reply do_object_refcount(const Keyspace& keyspace, Args args);
Reply do_pexpiretime(const Keyspace& keyspace, Args args);
Reply do_pttl(const Keyspace& keyspace, const Moment& moment, Args args);
Reply do_randomkey(const Keyspace& keyspace, const Moment& moment, Args args);
Reply do_revision(const Keyspace& keyspace, Args args);
Reply do_scan(const Keyspace& keyspace, Args args);
Reply do_strlen(const Keyspace& keyspace, Args args);
Reply do_ttl(const Keyspace& keyspace, const Moment& moment, Args args);
Reply do_type(const Keyspace& keyspace, Args args);

Reply do_append(Execution& at, Args args);
Reply do_bitfield(Execution& at, Args args);
Reply do_bitop(Execution& at, Args args);
Reply do_copy(Execution& at, Args args);
Reply do_decr(Execution& at, Args args);
Reply do_decrby(Execution& at, Args args);
Reply do_del(Execution& at, Args args);
Reply do_delifeq(Execution& at, Args args);
Reply do_expire(Execution& at, Args args);
Reply do_expireat(Execution& at, Args args);
Reply do_flush(Execution& at, Args args);
Reply do_getdel(Execution& at, Args args);
Reply do_getex(Execution& at, Args args);
Reply do_getset(Execution& at, Args args);
Reply do_incr(Execution& at, Args args);
Reply do_incrby(Execution& at, Args args);
Reply do_incrbyfloat(Execution& at, Args args);
Reply do_mset(Execution& at, Args args);
Reply do_msetnx(Execution& at, Args args);
Reply do_persist(Execution& at, Args args);
Reply do_pexpire(Execution& at, Args args);
Reply do_pexpireat(Execution& at, Args args);
Reply do_psetex(Execution& at, Args args);
Reply do_rename(Execution& at, Args args);
Reply do_renamenx(Execution& at, Args args);
Reply do_restore(Execution& at, Args args);
Reply do_set(Execution& at, Args args);
Reply do_setbit(Execution& at, Args args);
Reply do_setex(Execution& at, Args args);
Reply do_setnx(Execution& at, Args args);
Reply do_setrange(Execution& at, Args args);

Reply do_once(Execution& at, Args args);
Reply do_session(Execution& at, Args args);

}  // namespace holdfast::kv
