#include "kv/expiry.hpp"

#include "kv/answers.hpp"
#include "kv/integer.hpp"

namespace holdfast::kv {

Reply invalid_expiry(std::string_view command) {
  return Reply::error("ERR invalid expire time in '" + std::string(command) + "' command");
}

std::expected<std::int64_t, Reply> parse_expiry(std::string_view text, ExpiryForm form,
                                                std::string_view command) {
  const auto number = parse_integer(text);
  if (!number) return std::unexpected(not_an_integer());
  std::int64_t ms = 0;
  const std::int64_t unit = form.in_seconds ? 1000 : 1;
  if (__builtin_mul_overflow(*number, unit, &ms) ||
      __builtin_add_overflow(ms, static_cast<std::int64_t>(form.from_ms), &ms)) {
    return std::unexpected(invalid_expiry(command));
  }
  return ms;
}

std::expected<std::uint64_t, Reply> parse_lifetime(std::string_view text, ExpiryForm form,
                                                   std::string_view command) {
  const auto number = parse_integer(text);
  if (number && *number <= 0) return std::unexpected(invalid_expiry(command));
  const auto ms = parse_expiry(text, form, command);
  if (!ms) return std::unexpected(ms.error());
  return static_cast<std::uint64_t>(*ms);
}

}  // namespace holdfast::kv
