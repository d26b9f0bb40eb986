#include <vector>

#include "sim/scenarios/raft_suite.hpp"

namespace holdfast::sim {

std::span<const Scenario> raft_scenarios() {
  static const std::vector<Scenario> kAll = [] {
    std::vector<Scenario> all;
    for (const auto part : {raft_3a(), raft_3b(), raft_3c(), raft_3d()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kAll;
}

}  // namespace holdfast::sim
