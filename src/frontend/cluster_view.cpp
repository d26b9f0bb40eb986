#include "frontend/cluster_view.hpp"

#include <algorithm>

namespace holdfast::frontend {

ClusterView view_cluster(const Port& port, const Settings& settings) {
  ClusterView view;
  view.status = port.status();
  const auto address_of = [&](NodeId id) { return port.client_address(id); };
  NodeId master = port.leader();
  if (!master || !address_of(master)) master = settings.node;
  for (const NodeId id : view.status.voters) {
    const auto address = address_of(id);
    if (!address) continue;
    view.nodes.push_back({id, *address, id == master, id == settings.node});
  }
  std::ranges::stable_partition(view.nodes, [](const ClusterNode& node) { return node.is_master; });
  return view;
}

std::string node_name(NodeId id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name(40, '0');
  std::uint64_t rest = id.value();
  for (auto at = name.rbegin(); rest != 0; ++at, rest /= 16) *at = kDigits[rest % 16];
  return name;
}

}  // namespace holdfast::frontend
