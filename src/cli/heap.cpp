#include "cli/heap.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace holdfast::cli {

void prepare_heap(int argc, char** argv) {
  constexpr const char* kVariable = "GLIBC_TUNABLES";
  if (argc < 2 || argv[1] != std::string_view("server") || ::getenv(kVariable) != nullptr) return;
  ::setenv(kVariable, "glibc.malloc.tcache_count=1000", 1);
  // Under its own name, for those who look for it. A server that can't is slower, and no worse.
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const bool is_loader = program.filename().string().starts_with("ld-");  // that loads us
  if (!error && !is_loader) ::execv(program.c_str(), argv);
}

}  // namespace holdfast::cli
