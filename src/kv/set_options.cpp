#include "kv/set_options.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "kv/text.hpp"

namespace holdfast::kv {
namespace {

using Option = SetOptions::Option;

constexpr std::array<std::pair<std::string_view, Option>, 10> kWords{{
    {"nx", SetOptions::kNx},
    {"xx", SetOptions::kXx},
    {"ifeq", SetOptions::kIfEq},
    {"get", SetOptions::kGet},
    {"keepttl", SetOptions::kKeepTtl},
    {"persist", SetOptions::kPersist},
    {"ex", SetOptions::kEx},
    {"px", SetOptions::kPx},
    {"exat", SetOptions::kExAt},
    {"pxat", SetOptions::kPxAt},
}};

bool contradict(unsigned given) {
  constexpr unsigned kLife = SetOptions::kExpiries | SetOptions::kKeepTtl | SetOptions::kPersist;
  return std::popcount(given & SetOptions::kConditions) > 1 || std::popcount(given & kLife) > 1;
}

}  // namespace

std::optional<SetOptions> parse_set_options(Args words, unsigned allowed) {
  SetOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto at = std::ranges::find_if(
        kWords, [&](const auto& known) { return same_word(words[i], known.first); });
    if (at == kWords.end() || (allowed & at->second) == 0) return std::nullopt;
    options.given |= at->second;
    if ((at->second & (SetOptions::kExpiries | SetOptions::kIfEq)) == 0) continue;
    if (++i == words.size()) return std::nullopt;
    (at->second == SetOptions::kIfEq ? options.if_equal : options.expiry) = words[i];
  }
  return contradict(options.given) ? std::nullopt : std::optional(options);
}

}  // namespace holdfast::kv
