#include "frontend/text.hpp"

#include <algorithm>
#include <charconv>

#include "kv/text.hpp"

namespace holdfast::frontend {

namespace {

char lower_char(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower_char);
  return result;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower_char, lower_char);
}

bool same_secret(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i] ^ other);
  }
  return difference == 0;
}

std::string quoted(std::string_view bytes) {
  return "'" + kv::printable(bytes, 128) + "'";
}

bool is_plain_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c >= '!' && c <= '~'; });
}

std::string hex16(std::uint64_t value) {
  std::string digits(16, '0');
  for (auto at = digits.rbegin(); value != 0; ++at, value /= 16) {
    *at = "0123456789abcdef"[value % 16];
  }
  return digits;
}

std::optional<double> parse_seconds(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  // "nan" is no number here: it compares false.
  if (error != std::errc() || stop != end || !(value >= 0 && value <= 3600)) return std::nullopt;
  return value;
}

}  // namespace holdfast::frontend
