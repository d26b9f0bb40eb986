#include "lincheck/partitions.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <numeric>
#include <string_view>

namespace holdfast::lincheck {

namespace {

// Which keys belong together (Tarjan's union and find).
class Groups {
 public:
  std::size_t number(std::string_view key) {
    const auto [known, is_new] = numbers_.try_emplace(key, parent_.size());
    if (is_new) {
      parent_.push_back(parent_.size());
      keys_.push_back(key);
    }
    return known->second;
  }
  std::size_t group(std::size_t key) {
    while (parent_[key] != key) key = parent_[key] = parent_[parent_[key]];
    return key;
  }
  void join(std::size_t a, std::size_t b) { parent_[group(b)] = group(a); }
  const std::vector<std::string_view>& keys() const { return keys_; }

 private:
  boost::unordered_flat_map<std::string_view, std::size_t> numbers_;
  std::vector<std::size_t> parent_;
  std::vector<std::string_view> keys_;
};

}  // namespace

std::vector<Partition> split(const History& history, bool by_keys) {
  Groups groups;
  for (const Operation& operation : history) {
    const std::size_t first = groups.number(by_keys ? operation.keys[0] : history[0].keys[0]);
    for (const std::string& key : operation.keys) groups.join(first, groups.number(key));
  }
  std::vector<std::size_t> by_call(history.size());
  std::iota(by_call.begin(), by_call.end(), std::size_t{0});
  std::ranges::stable_sort(by_call, {}, [&](std::size_t i) { return history[i].call_ns; });

  std::vector<Partition> partitions;
  boost::unordered_flat_map<std::size_t, std::size_t> partition_of;
  for (const std::size_t i : by_call) {
    const std::size_t group = groups.group(groups.number(history[i].keys[0]));
    const auto [known, is_new] = partition_of.try_emplace(group, partitions.size());
    if (is_new) partitions.emplace_back();
    partitions[known->second].operations.push_back(i);
  }
  for (std::size_t key = 0; key < groups.keys().size(); ++key) {
    const std::size_t partition = partition_of.find(groups.group(key))->second;
    partitions[partition].keys.emplace_back(groups.keys()[key]);
  }
  return partitions;
}

}  // namespace holdfast::lincheck
