#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace holdfast::server {

// What the program has allocated and not freed. Takes time for what was freed.
std::size_t allocated_bytes();

// This process as INFO shows it: uptime, memory, processor time. `allocated` is of the same name.
std::vector<std::pair<std::string, std::string>> process_info(Duration uptime,
                                                              std::size_t allocated);

}  // namespace holdfast::server
