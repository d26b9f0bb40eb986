#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace holdfast {

namespace {
thread_local int throwing = 0;
}

ChecksThrow::ChecksThrow() {
  ++throwing;
}

ChecksThrow::~ChecksThrow() {
  --throwing;
}

void check_failed(std::string_view condition, std::string_view detail, std::source_location where) {
  const std::string text = std::string(where.file_name()) + ":" + std::to_string(where.line()) +
                           ": " + where.function_name() +
                           ": CHECK failed: " + std::string(condition) + " " + std::string(detail);
  if (throwing > 0) throw CheckFailed(text);
  std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace holdfast
