#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>

#include "kv/answers.hpp"
#include "kv/integer.hpp"

namespace holdfast::kv {
namespace {

// Replicas of another format would store other text.
static_assert(std::numeric_limits<long double>::digits == 64,
              "INCRBYFLOAT needs x86's long double");

// All digits of the largest long double, and 17 behind the point.
constexpr std::size_t kFloatBytesMax = 5 * 1024;

// The expiry stays.
std::optional<Reply> replace(Execution& at, std::string_view key, const Entry* old,
                             std::string_view value) {
  if (value.size() > at.value_bytes_max) return too_long(at);
  at.keyspace.set(key, value, old == nullptr ? 0 : old->expires_ms);
  return std::nullopt;
}

Reply add(Execution& at, std::string_view key, std::int64_t delta) {
  const Entry* old = at.keyspace.find(key);
  const auto value = old == nullptr ? std::optional<std::int64_t>(0) : parse_integer(old->view());
  if (!value) return not_an_integer();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*value, delta, &sum)) {
    return Reply::error("ERR increment or decrement would overflow");
  }
  if (auto refusal = replace(at, key, old, IntegerText(sum).view())) return std::move(*refusal);
  return Reply::integer(sum);
}

// As strtold() reads it: hexadecimal and "inf" too, but no "nan", and nothing around it.
std::optional<long double> parse_float(std::string_view text) {
  if (text.empty() || text.size() >= kFloatBytesMax) return std::nullopt;
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(copy.c_str(), &end);
  const bool out_of_range = errno == ERANGE && (std::isinf(value) || value == 0);
  // strtold() passes over leading spaces.
  const bool is_whole =
      end == copy.c_str() + copy.size() && std::isspace(static_cast<unsigned char>(copy[0])) == 0;
  if (!is_whole || out_of_range || std::isnan(value)) return std::nullopt;
  return value;
}

// 17 digits behind the point, without the zeros at the end. Replicas must agree on it: glibc's
// reading and printing round correctly, so equal formats of long double give equal text.
std::string float_text(long double value) {
  std::array<char, kFloatBytesMax> digits;
  const int size = std::snprintf(digits.data(), digits.size(), "%.17Lf", value);
  std::string text(digits.data(), static_cast<std::size_t>(size));
  text.resize(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace

Reply do_decr(Execution& at, Args args) {
  return add(at, args[1], -1);
}

Reply do_decrby(Execution& at, Args args) {
  const auto delta = parse_integer(args[2]);
  if (!delta) return not_an_integer();
  if (*delta == INT64_MIN) return Reply::error("ERR decrement would overflow");
  return add(at, args[1], -*delta);
}

Reply do_incr(Execution& at, Args args) {
  return add(at, args[1], 1);
}

Reply do_incrby(Execution& at, Args args) {
  const auto delta = parse_integer(args[2]);
  return delta ? add(at, args[1], *delta) : not_an_integer();
}

Reply do_incrbyfloat(Execution& at, Args args) {
  const Entry* old = at.keyspace.find(args[1]);
  const auto value = old == nullptr ? std::optional(0.0L) : parse_float(old->view());
  const auto delta = parse_float(args[2]);
  if (!value || !delta) return Reply::error("ERR value is not a valid float");
  const long double sum = *value + *delta;
  if (!std::isfinite(sum)) return Reply::error("ERR increment would produce NaN or Infinity");
  const std::string text = float_text(sum);
  if (auto refusal = replace(at, args[1], old, text)) return std::move(*refusal);
  return Reply::bulk(text);
}

}  // namespace holdfast::kv
