#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace holdfast {

void check_failed(std::string_view condition, std::string_view detail, std::source_location where) {
  std::fprintf(stderr, "%s:%u: %s: CHECK failed: %.*s %.*s\n", where.file_name(), where.line(),
               where.function_name(), static_cast<int>(condition.size()), condition.data(),
               static_cast<int>(detail.size()), detail.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace holdfast
