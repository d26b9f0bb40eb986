#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::frontend {

std::string lower(std::string_view text);
// Equal without regard to ASCII case.
bool same_word(std::string_view a, std::string_view b);
// Takes as long whether the first byte differs or the last.
bool same_secret(std::string_view given, std::string_view secret);
// A client's bytes inside an error text: cut, and without line ends.
std::string quoted(std::string_view bytes);
// As CLIENT SETNAME and SETINFO accept it: printable and without blanks.
bool is_plain_name(std::string_view name);
// Sixteen digits.
std::string hex16(std::uint64_t value);
// In seconds with a fraction, as DEBUG SLEEP takes it; empty if negative or no number.
std::optional<double> parse_seconds(std::string_view text);

}  // namespace holdfast::frontend
