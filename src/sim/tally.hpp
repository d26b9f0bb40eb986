#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace holdfast::sim {

// How often each thing happened in a run; what a swarm never met, it did not test.
class Tally {
 public:
  void add(const std::string& what, std::uint64_t times = 1) {
    if (times > 0) counts_[what] += times;
  }
  void merge(const Tally& other) {
    for (const auto& [what, times] : other.counts_) counts_[what] += times;
  }
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }

  // A line for people, without its numbers: counts all of its kind.
  void add_line(std::string_view line) {
    add(std::string(line.substr(0, line.find_first_of("0123456789"))));
  }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace holdfast::sim
