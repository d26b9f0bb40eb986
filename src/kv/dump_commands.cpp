#include <expected>

#include "kv/answers.hpp"
#include "kv/dump.hpp"
#include "kv/integer.hpp"
#include "kv/text.hpp"

namespace holdfast::kv {
namespace {

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;
  bool has_idle = false;
  bool has_frequency = false;
};

// IDLETIME seconds, FREQ frequency: nothing is evicted here, so they change nothing.
std::optional<Reply> check_use(std::string_view text, bool is_idle) {
  constexpr std::int64_t kFrequencyMax = 255;
  const auto number = parse_integer(text);
  if (!number) return not_an_integer();
  if (is_idle && *number < 0) return Reply::error("ERR Invalid IDLETIME value, must be >= 0");
  if (!is_idle && (*number < 0 || *number > kFrequencyMax)) {
    return Reply::error("ERR Invalid FREQ value, must be >= 0 and <= 255");
  }
  return std::nullopt;
}

std::expected<RestoreOptions, Reply> parse_restore_options(Args words) {
  RestoreOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    const bool is_idle = same_word(words[i], "idletime") && has_value && !options.has_frequency;
    const bool is_frequency = same_word(words[i], "freq") && has_value && !options.has_idle;
    if (same_word(words[i], "replace")) {
      options.replace = true;
    } else if (same_word(words[i], "absttl")) {
      options.absolute = true;
    } else if (is_idle || is_frequency) {
      if (auto error = check_use(words[++i], is_idle)) return std::unexpected(std::move(*error));
      options.has_idle |= is_idle;
      options.has_frequency |= is_frequency;
    } else {
      return std::unexpected(syntax_error());
    }
  }
  return options;
}

// Zero: never.
std::expected<std::uint64_t, Reply> parse_restored_expiry(std::string_view text,
                                                          std::uint64_t from_ms) {
  const auto ttl = parse_integer(text);
  if (!ttl) return std::unexpected(not_an_integer());
  std::int64_t ms = 0;
  if (*ttl < 0 || __builtin_add_overflow(*ttl, static_cast<std::int64_t>(from_ms), &ms)) {
    return std::unexpected(Reply::error("ERR Invalid TTL value, must be >= 0"));
  }
  return *ttl == 0 ? 0 : static_cast<std::uint64_t>(ms);
}

Reply refusal(const Execution& at, DumpError error) {
  switch (error) {
    case DumpError::kSeal:
      return Reply::error("ERR DUMP payload version or checksum are wrong");
    case DumpError::kBody:
      return Reply::error("ERR Bad data format");
    case DumpError::kSize:
      return too_long(at);
  }
  return syntax_error();
}

}  // namespace

Reply do_dump(const Keyspace& keyspace, Args args) {
  const Entry* entry = keyspace.find(args[1]);
  return entry == nullptr ? Reply::null() : Reply::bulk(dump_string(entry->view()));
}

// RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]
Reply do_restore(Execution& at, Args args) {
  const auto options = parse_restore_options(args.subspan(4));
  if (!options) return options.error();
  if (!options->replace && at.keyspace.find(args[1]) != nullptr) {
    return Reply::error("BUSYKEY Target key name already exists.");
  }
  const std::uint64_t now_ms = at.keyspace.now_ms();
  const auto expires_ms = parse_restored_expiry(args[2], options->absolute ? 0 : now_ms);
  if (!expires_ms) return expires_ms.error();
  const auto value = load_dump(args[3], at.value_bytes_max);
  if (!value) return refusal(at, value.error());
  if (*expires_ms != 0 && *expires_ms <= now_ms) {
    at.keyspace.erase(args[1]);
  } else {
    at.keyspace.set(args[1], *value, *expires_ms);
  }
  return Reply::ok();
}

}  // namespace holdfast::kv
