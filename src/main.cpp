#include "cli/cli.hpp"
#include "cli/heap.hpp"

int main(int argc, char** argv) {
  holdfast::cli::prepare_heap(argc, argv);
  return holdfast::cli::run(argc, argv);
}
