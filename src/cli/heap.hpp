#pragma once

namespace holdfast::cli {

// Lets glibc keep more freed blocks at hand, by executing the program anew if it is to be a server:
// the number is read from the environment (GLIBC_TUNABLES), at a process's start alone. What the
// user has set there stays as it is.
//
// A node frees its clients' commands by the hundred, long after it allocated them. Of each size
// seven are kept by default; the others are joined with their neighbours and split again, which
// takes an eighth of a node's time under pipelines.
void prepare_heap(int argc, char** argv);

}  // namespace holdfast::cli
