#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace holdfast::kv {

inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Equal without regard to case; `word` is lower case.
inline bool same_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, {}, lower);
}

// A client's bytes as Redis prints them into its errors: like a C string, with line ends blanked.
inline std::string printable(std::string_view bytes, std::size_t size_max) {
  std::string text(bytes.substr(0, std::min(bytes.find('\0'), size_max)));
  std::ranges::replace_if(
      text, [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return text;
}

}  // namespace holdfast::kv
