#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace holdfast::server {

// This process as INFO shows it: uptime, memory, processor time.
std::vector<std::pair<std::string, std::string>> process_info(Duration uptime);

}  // namespace holdfast::server
