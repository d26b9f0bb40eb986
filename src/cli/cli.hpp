#pragma once

namespace holdfast::cli {

// A subcommand's exit code: its work failed.
inline constexpr int kFailed = 1;

// Runs the subcommand that the arguments name. Returns the process's exit code:
// 0 done, kFailed, 2 the command line or a setting is wrong.
int run(int argc, char** argv);

}  // namespace holdfast::cli
