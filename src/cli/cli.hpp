#pragma once

namespace holdfast::cli {

// Runs the subcommand that the arguments name. Returns the process's exit code:
// 0 done, 1 the work failed, 2 the command line or a setting is wrong.
int run(int argc, char** argv);

}  // namespace holdfast::cli
