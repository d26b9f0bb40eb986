#include "frontend/text.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::frontend {

namespace {

char lower_char(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Does `c` match the class at the start of `pattern`, which begins after its '['? Leaves `pattern`
// after the class.
bool matches_class(std::string_view& pattern, char c) {
  const bool negated = pattern.starts_with('^');
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  while (!pattern.empty() && pattern.front() != ']') {
    if (pattern.front() == '\\' && pattern.size() >= 2) pattern.remove_prefix(1);
    char low = lower_char(pattern.front());
    char high = low;
    if (pattern.size() >= 3 && pattern[1] == '-') {
      high = lower_char(pattern[2]);
      pattern.remove_prefix(2);
    }
    if (low > high) std::swap(low, high);
    found = found || (c >= low && c <= high);
    pattern.remove_prefix(1);
  }
  if (!pattern.empty()) pattern.remove_prefix(1);
  return found != negated;
}

// Matches one byte against the element at the start of `pattern`, which is not '*', and leaves
// `pattern` after it.
bool matches_one(std::string_view& pattern, char c) {
  const char element = pattern.front();
  pattern.remove_prefix(1);
  if (element == '?') return true;
  if (element == '[') return matches_class(pattern, c);
  if (element != '\\' || pattern.empty()) return lower_char(element) == c;
  const char escaped = lower_char(pattern.front());
  pattern.remove_prefix(1);
  return escaped == c;
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

// Goes back only to the last '*', so its time is the product of the lengths, never exponential.
bool matches_glob(std::string_view pattern, std::string_view text) {
  std::optional<std::string_view> after_star;
  std::string_view retry;
  while (!text.empty() || !pattern.empty()) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      after_star = pattern;
      retry = text;
      continue;
    }
    if (!text.empty() && !pattern.empty() && matches_one(pattern, lower_char(text.front()))) {
      text.remove_prefix(1);
      continue;
    }
    if (!after_star || retry.empty()) return false;
    retry.remove_prefix(1);
    text = retry;
    pattern = *after_star;
  }
  return true;
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
  std::string text(bytes.substr(0, 128));
  std::ranges::replace_if(
      text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return "'" + text + "'";
}

bool is_plain_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c >= '!' && c <= '~'; });
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
