#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::kv {

// What Redis takes for an integer, and nothing else: the decimal form in which it would itself
// print an int64. No plus, space, leading zero or "-0".
inline std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text == "0") return 0;
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  if (text.size() == first || text[first] == '0') return std::nullopt;
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// The decimal form of an int64, without an allocation.
class IntegerText {
 public:
  explicit IntegerText(std::int64_t value) {
    const auto [end, error] = std::to_chars(digits_.data(), digits_.data() + digits_.size(), value);
    size_ = static_cast<std::size_t>(end - digits_.data());
  }
  std::string_view view() const { return {digits_.data(), size_}; }

 private:
  std::array<char, 20> digits_;  // "-9223372036854775808"
  std::size_t size_ = 0;
};

}  // namespace holdfast::kv
