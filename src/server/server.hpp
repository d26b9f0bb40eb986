#pragma once

#include "server/options.hpp"

namespace holdfast::server {

// Exit codes of a server.
enum class Exit : int {
  kClean = 0,
  kFailed = 1,       // it could not start: an address in use, a folder of another node, …
  kUsage = 2,        // the command line or a setting is wrong
  kDamaged = 3,      // the data folder is damaged
  kDiskFailed = 4,   // the disk failed while it ran
  kSafetyFault = 5,  // it saw evidence that a safety rule of Raft is broken
};

// A whole server: opens the data folder, recovers, serves until SIGTERM or SIGINT. Options have
// passed complete_and_check. Reasons for any other end are in the log.
Exit run_server(Options options);

}  // namespace holdfast::server
