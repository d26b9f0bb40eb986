#include <algorithm>

#include "kv/answers.hpp"
#include "kv/expiry.hpp"
#include "kv/integer.hpp"
#include "kv/range.hpp"
#include "kv/set_options.hpp"

namespace holdfast::kv {
namespace {

// An expiry that has passed makes no key at all.
void store(Keyspace& keyspace, std::string_view key, std::string_view value,
           std::uint64_t expires_ms) {
  if (expires_ms != 0 && expires_ms <= keyspace.now_ms()) {
    keyspace.erase(key);
  } else {
    keyspace.set(key, value, expires_ms);
  }
}

bool allows(const SetOptions& options, const Entry* old) {
  if (options.has(SetOptions::kNx)) return old == nullptr;
  if (options.has(SetOptions::kXx)) return old != nullptr;
  if (options.has(SetOptions::kIfEq)) return old != nullptr && old->view() == options.if_equal;
  return true;
}

bool any_exists(const Keyspace& keyspace, Args pairs) {
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (keyspace.find(pairs[i]) != nullptr) return true;
  }
  return false;
}

bool any_too_long(const Execution& at, Args pairs) {
  for (std::size_t i = 1; i < pairs.size(); i += 2) {
    if (pairs[i].size() > at.value_bytes_max) return true;
  }
  return false;
}

void set_pairs(Keyspace& keyspace, Args pairs) {
  for (std::size_t i = 0; i < pairs.size(); i += 2) keyspace.set(pairs[i], pairs[i + 1]);
}

Reply set_with_lifetime(Execution& at, Args args, bool in_seconds, std::string_view command) {
  const ExpiryForm form{.in_seconds = in_seconds, .from_ms = at.keyspace.now_ms()};
  const auto expires_ms = parse_lifetime(args[2], form, command);
  if (!expires_ms) return expires_ms.error();
  if (args[3].size() > at.value_bytes_max) return too_long(at);
  store(at.keyspace, args[1], args[3], *expires_ms);
  return Reply::ok();
}

}  // namespace

Reply do_get(const Keyspace& keyspace, Args args) {
  return value_or_null(keyspace.find(args[1]));
}

Reply do_getrange(const Keyspace& keyspace, Args args) {
  const auto first = parse_integer(args[2]);
  const auto last = parse_integer(args[3]);
  if (!first || !last) return not_an_integer();
  const std::string_view value = view_or_empty(keyspace.find(args[1]));
  const auto range = resolve_range(*first, *last, value.size());
  return Reply::bulk(range && !is_backwards(*first, *last)
                         ? std::string(value.substr(range->first, range->count))
                         : "");
}

Reply do_mget(const Keyspace& keyspace, Args args) {
  const Args keys = args.subspan(1);
  std::size_t bytes = 0;
  for (const auto key : keys) {
    bytes += view_or_empty(keyspace.find(key)).size();
    if (bytes > kReplyBytesMax) return reply_too_long();
  }
  Reply::Array values;
  values.reserve(keys.size());
  for (const auto key : keys) values.push_back(value_or_null(keyspace.find(key)));
  return Reply::array(std::move(values));
}

Reply do_strlen(const Keyspace& keyspace, Args args) {
  return size_reply(view_or_empty(keyspace.find(args[1])).size());
}

Reply do_append(Execution& at, Args args) {
  const std::size_t size = view_or_empty(at.keyspace.find(args[1])).size() + args[2].size();
  if (size > at.value_bytes_max) return too_long(at);
  return size_reply(at.keyspace.append(args[1], args[2]));
}

// DELIFEQ key value, as Valkey has it.
Reply do_delifeq(Execution& at, Args args) {
  const Entry* old = at.keyspace.find(args[1]);
  return flag_reply(old != nullptr && old->view() == args[2] && at.keyspace.erase(args[1]));
}

Reply do_getdel(Execution& at, Args args) {
  const Entry* entry = at.keyspace.find(args[1]);
  if (entry == nullptr) return Reply::null();
  Reply reply = value_or_null(entry);
  at.keyspace.erase(args[1]);
  return reply;
}

Reply do_getex(Execution& at, Args args) {
  const auto options = parse_set_options(args.subspan(2), SetOptions::kOfGetex);
  if (!options) return syntax_error();
  const Entry* entry = at.keyspace.find(args[1]);
  if (entry == nullptr) return Reply::null();
  Reply reply = value_or_null(entry);
  if (options->has(SetOptions::kPersist)) at.keyspace.set_expiry(args[1], 0);
  if (!options->has(SetOptions::kExpiries)) return reply;
  const std::uint64_t now_ms = at.keyspace.now_ms();
  const auto expires_ms = parse_lifetime(options->expiry, options->expiry_form(now_ms), "getex");
  if (!expires_ms) return expires_ms.error();
  if (*expires_ms <= now_ms) {
    at.keyspace.erase(args[1]);
  } else {
    at.keyspace.set_expiry(args[1], *expires_ms);
  }
  return reply;
}

Reply do_getset(Execution& at, Args args) {
  if (args[2].size() > at.value_bytes_max) return too_long(at);
  Reply reply = value_or_null(at.keyspace.find(args[1]));
  at.keyspace.set(args[1], args[2]);
  return reply;
}

Reply do_mset(Execution& at, Args args) {
  if (args.size() % 2 == 0) return wrong_arity("mset");
  if (any_too_long(at, args.subspan(1))) return too_long(at);
  set_pairs(at.keyspace, args.subspan(1));
  return Reply::ok();
}

Reply do_msetnx(Execution& at, Args args) {
  if (args.size() % 2 == 0) return wrong_arity("msetnx");
  if (any_too_long(at, args.subspan(1))) return too_long(at);
  const bool sets = !any_exists(at.keyspace, args.subspan(1));
  if (sets) set_pairs(at.keyspace, args.subspan(1));
  return flag_reply(sets);
}

Reply do_psetex(Execution& at, Args args) {
  return set_with_lifetime(at, args, false, "psetex");
}

Reply do_set(Execution& at, Args args) {
  const auto options = parse_set_options(args.subspan(3), SetOptions::kOfSet);
  if (!options) return syntax_error();
  std::uint64_t expires_ms = 0;
  if (options->has(SetOptions::kExpiries)) {
    const auto form = options->expiry_form(at.keyspace.now_ms());
    const auto parsed = parse_lifetime(options->expiry, form, "set");
    if (!parsed) return parsed.error();
    expires_ms = *parsed;
  }
  if (args[2].size() > at.value_bytes_max) return too_long(at);
  const Entry* old = at.keyspace.find(args[1]);
  const bool gets = options->has(SetOptions::kGet);
  Reply reply = gets ? value_or_null(old) : Reply::ok();
  if (!allows(*options, old)) return gets ? std::move(reply) : Reply::null();
  if (options->has(SetOptions::kKeepTtl) && old != nullptr) expires_ms = old->expires_ms;
  store(at.keyspace, args[1], args[2], expires_ms);
  return reply;
}

Reply do_setex(Execution& at, Args args) {
  return set_with_lifetime(at, args, true, "setex");
}

Reply do_setnx(Execution& at, Args args) {
  if (args[2].size() > at.value_bytes_max) return too_long(at);
  const bool sets = at.keyspace.find(args[1]) == nullptr;
  if (sets) at.keyspace.set(args[1], args[2]);
  return flag_reply(sets);
}

Reply do_setrange(Execution& at, Args args) {
  const auto offset = parse_integer(args[2]);
  if (!offset) return not_an_integer();
  if (*offset < 0) return Reply::error("ERR offset is out of range");
  const std::size_t old_size = view_or_empty(at.keyspace.find(args[1])).size();
  const std::string_view bytes = args[3];
  if (bytes.empty()) return size_reply(old_size);
  const std::uint64_t end = static_cast<std::uint64_t>(*offset) + bytes.size();
  if (end > at.value_bytes_max) return too_long(at);
  const auto value = at.keyspace.edit(args[1], std::max<std::size_t>(end, old_size));
  std::ranges::copy(bytes, value.begin() + *offset);
  return size_reply(value.size());
}

}  // namespace holdfast::kv
