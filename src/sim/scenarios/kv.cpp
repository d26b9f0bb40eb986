#include <vector>

#include "sim/scenarios/kv_suite.hpp"

namespace holdfast::sim {

std::span<const Scenario> kv_scenarios() {
  static const std::vector<Scenario> kAll = [] {
    std::vector<Scenario> all;
    for (const auto part : {kv_4a(), kv_4b(), kv_lab2(), kv_slow_disk()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kAll;
}

}  // namespace holdfast::sim
