#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/local_cluster.hpp"

namespace holdfast::cli {

struct DemoStep {
  std::string title;
  // Says what it does and sees through `say`, a line each; throws NotAsExpected.
  using Say = std::function<void(const std::string&)>;
  std::function<void(LocalCluster&, const Say&)> run;
};

// In their order: each builds on what those before it left.
std::vector<DemoStep> demo_steps();

}  // namespace holdfast::cli
