#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::resp {

// A 64-bit integer in its one canonical spelling: no plus sign, no leading zero, no "-0", no
// spaces. Redis reads lengths and integer arguments by the same rule.
std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace holdfast::resp
