#include "base/checksum.hpp"

#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // has the same functions use what vectors this processor has
#else
#include <xxhash.h>
#endif

namespace holdfast {

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace holdfast
