#pragma once

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace holdfast {

// Prints the failed condition, its place, then aborts; or throws it, while there is a ChecksThrow.
[[noreturn]] void check_failed(std::string_view condition, std::string_view detail,
                               std::source_location where = std::source_location::current());

struct CheckFailed : std::logic_error {
  using std::logic_error::logic_error;
};

// While one lives, a CHECK that fails on its thread throws CheckFailed: for tools that look for
// bugs and have more to say about one than its place. What threw is not to be used any more.
class ChecksThrow {
 public:
  ChecksThrow();
  ~ChecksThrow();
  ChecksThrow(const ChecksThrow&) = delete;
  ChecksThrow& operator=(const ChecksThrow&) = delete;
};

}  // namespace holdfast

// For bugs in our own code only; always on. What comes from clients, peers and disks
// is validated where it is decoded and never reaches a CHECK.
#define CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::holdfast::check_failed(#condition, {}))
#define CHECK_MSG(condition, detail) \
  (static_cast<bool>(condition) ? void(0) : ::holdfast::check_failed(#condition, (detail)))
