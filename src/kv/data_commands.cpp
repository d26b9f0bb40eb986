#include "kv/handlers.hpp"
#include "kv/integer.hpp"
#include "kv/text.hpp"

// The commands on keys and values, with the semantics and error texts of Redis 7.

namespace holdfast::kv {
namespace {

// A reply is built in memory; naming one big key a million times must not exhaust it.
constexpr std::size_t kReplyBytesMax = 512 << 20;

Reply too_long(const Execution& at) {
  return Reply::error("ERR string exceeds maximum allowed size (" +
                      std::to_string(at.value_bytes_max) + " bytes)");
}

Reply size_reply(std::size_t n) {
  return Reply::integer(static_cast<std::int64_t>(n));
}

Reply add(Execution& at, std::string_view key, std::int64_t delta) {
  const Entry* old = at.keyspace.find(key);
  const auto value = old == nullptr ? std::optional<std::int64_t>(0) : parse_integer(old->view());
  if (!value) return not_an_integer();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*value, delta, &sum)) {
    return Reply::error("ERR increment or decrement would overflow");
  }
  const IntegerText text(sum);
  if (text.view().size() > at.value_bytes_max) return too_long(at);
  at.keyspace.set(key, text.view(), old == nullptr ? 0 : old->expires_ms);
  return Reply::integer(sum);
}

Reply reply_too_long() {
  return Reply::error("ERR reply exceeds maximum allowed size (" + std::to_string(kReplyBytesMax) +
                      " bytes)");
}

bool is_slot(std::int64_t number) {
  return number >= 0 && number < static_cast<std::int64_t>(kSlotCount);
}

}  // namespace

Reply not_an_integer() {
  return Reply::error("ERR value is not an integer or out of range");
}

Reply do_count_keys_in_slot(const Keyspace& keyspace, Args args) {
  const auto slot = parse_integer(args[2]);
  if (!slot) return not_an_integer();
  if (!is_slot(*slot)) return Reply::error("ERR Invalid slot");
  return size_reply(keyspace.size_of_slot(static_cast<std::uint16_t>(*slot)));
}

Reply do_get_keys_in_slot(const Keyspace& keyspace, Args args) {
  const auto slot = parse_integer(args[2]);
  const auto count = parse_integer(args[3]);
  if (!slot || !count) return not_an_integer();
  if (!is_slot(*slot) || *count < 0) return Reply::error("ERR Invalid slot or number of keys");
  Reply::Array keys;
  std::size_t bytes = 0;
  for (const std::string_view key :
       keyspace.keys_of_slot(static_cast<std::uint16_t>(*slot), static_cast<std::size_t>(*count))) {
    bytes += key.size();
    if (bytes > kReplyBytesMax) return reply_too_long();
    keys.push_back(Reply::bulk(std::string(key)));
  }
  return Reply::array(std::move(keys));
}

Reply do_dbsize(const Keyspace& keyspace, Args) {
  return size_reply(keyspace.size());
}

Reply do_exists(const Keyspace& keyspace, Args args) {
  std::int64_t found = 0;
  for (const auto key : args.subspan(1)) found += keyspace.find(key) != nullptr ? 1 : 0;
  return Reply::integer(found);
}

Reply do_get(const Keyspace& keyspace, Args args) {
  const Entry* entry = keyspace.find(args[1]);
  return entry == nullptr ? Reply::null() : Reply::bulk(entry->value());
}

Reply do_mget(const Keyspace& keyspace, Args args) {
  const Args keys = args.subspan(1);
  std::size_t bytes = 0;
  for (const auto key : keys) {
    const Entry* entry = keyspace.find(key);
    bytes += entry == nullptr ? 0 : entry->size();
    if (bytes > kReplyBytesMax) return reply_too_long();
  }
  Reply::Array values;
  values.reserve(keys.size());
  for (const auto key : keys) {
    const Entry* entry = keyspace.find(key);
    values.push_back(entry == nullptr ? Reply::null() : Reply::bulk(entry->value()));
  }
  return Reply::array(std::move(values));
}

Reply do_revision(const Keyspace& keyspace, Args args) {
  const Entry* entry = keyspace.find(args[1]);
  return entry == nullptr ? Reply::null()
                          : Reply::integer(static_cast<std::int64_t>(entry->revision));
}

Reply do_strlen(const Keyspace& keyspace, Args args) {
  const Entry* entry = keyspace.find(args[1]);
  return size_reply(entry == nullptr ? 0 : entry->size());
}

Reply do_append(Execution& at, Args args) {
  const Entry* old = at.keyspace.find(args[1]);
  const std::size_t size = (old == nullptr ? 0 : old->size()) + args[2].size();
  if (size > at.value_bytes_max) return too_long(at);
  return size_reply(at.keyspace.append(args[1], args[2]));
}

Reply do_decr(Execution& at, Args args) {
  return add(at, args[1], -1);
}

Reply do_decrby(Execution& at, Args args) {
  const auto delta = parse_integer(args[2]);
  if (!delta) return not_an_integer();
  if (*delta == INT64_MIN) return Reply::error("ERR decrement would overflow");
  return add(at, args[1], -*delta);
}

Reply do_del(Execution& at, Args args) {
  std::int64_t erased = 0;
  for (const auto key : args.subspan(1)) erased += at.keyspace.erase(key) ? 1 : 0;
  return Reply::integer(erased);
}

Reply do_flush(Execution& at, Args args) {
  const bool valid =
      args.size() == 1 ||
      (args.size() == 2 && (same_word(args[1], "async") || same_word(args[1], "sync")));
  if (!valid) return Reply::error("ERR syntax error");
  at.keyspace.clear();
  return Reply::ok();
}

Reply do_incr(Execution& at, Args args) {
  return add(at, args[1], 1);
}

Reply do_incrby(Execution& at, Args args) {
  const auto delta = parse_integer(args[2]);
  return delta ? add(at, args[1], *delta) : not_an_integer();
}

Reply do_mset(Execution& at, Args args) {
  if (args.size() % 2 == 0) return wrong_arity("mset");
  for (std::size_t i = 2; i < args.size(); i += 2) {
    if (args[i].size() > at.value_bytes_max) return too_long(at);
  }
  for (std::size_t i = 1; i < args.size(); i += 2) at.keyspace.set(args[i], args[i + 1]);
  return Reply::ok();
}

Reply do_set(Execution& at, Args args) {
  if (args.size() != 3) return Reply::error("ERR syntax error");
  if (args[2].size() > at.value_bytes_max) return too_long(at);
  at.keyspace.set(args[1], args[2]);
  return Reply::ok();
}

}  // namespace holdfast::kv
