#pragma once

#include <source_location>
#include <string>
#include <string_view>

namespace holdfast {

// Prints the failed condition, its place, then aborts.
[[noreturn]] void check_failed(std::string_view condition, std::string_view detail,
                               std::source_location where = std::source_location::current());

}  // namespace holdfast

// For bugs in our own code only; always on. What comes from clients, peers and disks
// is validated where it is decoded and never reaches a CHECK.
#define CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::holdfast::check_failed(#condition, {}))
#define CHECK_MSG(condition, detail) \
  (static_cast<bool>(condition) ? void(0) : ::holdfast::check_failed(#condition, (detail)))
