#include "server/host_info.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace holdfast::server {

namespace {

std::string seconds(const timeval& time) {
  return fmt::format("{}.{:06}", time.tv_sec, time.tv_usec);
}

long resident_bytes() {
  long pages = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

// Of this program: what getrusage() says begins with what the one that started it had.
long resident_bytes_max() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    long kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

}  // namespace

std::size_t allocated_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::vector<std::pair<std::string, std::string>> process_info(Duration uptime,
                                                              std::size_t allocated) {
  utsname system{};
  ::uname(&system);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto uptime_seconds = std::chrono::duration_cast<std::chrono::seconds>(uptime).count();
  const long resident = resident_bytes();
  const double fragmentation =
      static_cast<double>(resident) / static_cast<double>(std::max<std::size_t>(allocated, 1));
  return {
      {"os", fmt::format("{} {} {}", system.sysname, system.release, system.machine)},
      {"process_id", std::to_string(::getpid())},
      {"uptime_in_seconds", std::to_string(uptime_seconds)},
      {"uptime_in_days", std::to_string(uptime_seconds / 86400)},
      {"used_memory_rss", std::to_string(resident)},
      // The kernel notes its highest less often than its size.
      {"used_memory_peak", std::to_string(std::max(resident_bytes_max(), resident))},
      {"mem_fragmentation_ratio", fmt::format("{:.2f}", fragmentation)},
      {"mem_fragmentation_bytes", std::to_string(resident - static_cast<long>(allocated))},
      {"mem_allocator", "libc"},
      {"total_system_memory", std::to_string(::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE))},
      {"used_cpu_sys", seconds(usage.ru_stime)},
      {"used_cpu_user", seconds(usage.ru_utime)}};
}

}  // namespace holdfast::server
