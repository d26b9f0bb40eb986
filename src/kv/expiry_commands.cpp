#include <algorithm>
#include <optional>

#include "kv/answers.hpp"
#include "kv/expiry.hpp"
#include "kv/text.hpp"

namespace holdfast::kv {
namespace {

struct Conditions {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;
};

// Redis drops line ends at the end of an error.
Reply unsupported(std::string_view option) {
  option = option.substr(0, option.find('\0'));
  option = option.substr(0, option.find_last_not_of("\r\n") + 1);
  return Reply::error("ERR Unsupported option " + printable(option, option.size()));
}

std::optional<Reply> parse_conditions(Args words, Conditions& out) {
  for (const std::string_view word : words) {
    bool* condition = same_word(word, "nx")   ? &out.nx
                      : same_word(word, "xx") ? &out.xx
                      : same_word(word, "gt") ? &out.gt
                      : same_word(word, "lt") ? &out.lt
                                              : nullptr;
    if (condition == nullptr) {
      return unsupported(word);
    }
    *condition = true;
  }
  if (out.nx && (out.xx || out.gt || out.lt)) {
    return Reply::error("ERR NX and XX, GT or LT options at the same time are not compatible");
  }
  if (out.gt && out.lt) {
    return Reply::error("ERR GT and LT options at the same time are not compatible");
  }
  return std::nullopt;
}

// A key that never expires counts as one with an expiry later than any other.
bool allows(const Conditions& conditions, std::uint64_t old_ms, std::int64_t new_ms) {
  const bool is_earlier = old_ms == 0 || new_ms < static_cast<std::int64_t>(old_ms);
  const bool is_later = old_ms != 0 && new_ms > static_cast<std::int64_t>(old_ms);
  return !(conditions.nx && old_ms != 0) && !(conditions.xx && old_ms == 0) &&
         !(conditions.gt && !is_later) && !(conditions.lt && !is_earlier);
}

Reply expire(Execution& at, Args args, ExpiryForm form, std::string_view command) {
  Conditions conditions;
  if (auto error = parse_conditions(args.subspan(3), conditions)) return std::move(*error);
  const auto ms = parse_expiry(args[2], form, command);
  if (!ms) return ms.error();
  const Entry* entry = at.keyspace.find(args[1]);
  if (entry == nullptr || !allows(conditions, entry->expires_ms, *ms)) return Reply::integer(0);
  if (*ms <= static_cast<std::int64_t>(at.keyspace.now_ms())) {
    at.keyspace.erase(args[1]);
  } else {
    at.keyspace.set_expiry(args[1], static_cast<std::uint64_t>(*ms));
  }
  return Reply::integer(1);
}

std::uint64_t rounded_seconds(std::uint64_t ms) {
  return (ms + 500) / 1000;
}

// Whether a key is there the state's time alone decides, for all reads alike: until the entry comes
// by which it expires it has nothing left.
std::uint64_t left_ms(const Keyspace& keyspace, const Moment& moment, std::uint64_t expires_ms) {
  return expires_ms - std::min(expires_ms, std::max(keyspace.now_ms(), moment.now_ms));
}

// -2: there is no key; -1: it doesn't expire.
template <class Answer>
Reply of_expiry(const Keyspace& keyspace, std::string_view key, const Answer& answer) {
  const Entry* entry = keyspace.find(key);
  if (entry == nullptr) return Reply::integer(-2);
  if (entry->expires_ms == 0) return Reply::integer(-1);
  return size_reply(answer(entry->expires_ms));
}

}  // namespace

Reply do_expire(Execution& at, Args args) {
  return expire(at, args, {.in_seconds = true, .from_ms = at.keyspace.now_ms()}, "expire");
}

Reply do_expireat(Execution& at, Args args) {
  return expire(at, args, {.in_seconds = true}, "expireat");
}

Reply do_pexpire(Execution& at, Args args) {
  return expire(at, args, {.from_ms = at.keyspace.now_ms()}, "pexpire");
}

Reply do_pexpireat(Execution& at, Args args) {
  return expire(at, args, {}, "pexpireat");
}

Reply do_persist(Execution& at, Args args) {
  const Entry* entry = at.keyspace.find(args[1]);
  const bool expires = entry != nullptr && entry->expires_ms != 0;
  return flag_reply(expires && at.keyspace.set_expiry(args[1], 0));
}

Reply do_expiretime(const Keyspace& keyspace, Args args) {
  return of_expiry(keyspace, args[1], rounded_seconds);
}

Reply do_pexpiretime(const Keyspace& keyspace, Args args) {
  return of_expiry(keyspace, args[1], [](std::uint64_t expires_ms) { return expires_ms; });
}

Reply do_ttl(const Keyspace& keyspace, const Moment& moment, Args args) {
  return of_expiry(keyspace, args[1], [&](std::uint64_t expires_ms) {
    return rounded_seconds(left_ms(keyspace, moment, expires_ms));
  });
}

Reply do_pttl(const Keyspace& keyspace, const Moment& moment, Args args) {
  return of_expiry(keyspace, args[1],
                   [&](std::uint64_t expires_ms) { return left_ms(keyspace, moment, expires_ms); });
}

}  // namespace holdfast::kv
