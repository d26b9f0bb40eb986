#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast {

// XXH3, 64 bits. Detects damage, not malice.
std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace holdfast
