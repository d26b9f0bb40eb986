#pragma once

#include <string_view>

namespace holdfast::kv {

enum class Case : bool { kExact, kIgnored };

// Redis's patterns: * ? [a-z] [^a] and \c.
bool matches_glob(std::string_view pattern, std::string_view text, Case letters);

}  // namespace holdfast::kv
