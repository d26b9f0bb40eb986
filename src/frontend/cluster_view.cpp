#include "frontend/cluster_view.hpp"

#include <algorithm>

#include "frontend/text.hpp"

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

// The number comes first: redis-cli shows the first eight digits.
std::string node_name(NodeId id) {
  return hex16(id.value()).substr(8) + std::string(32, '0');
}

}  // namespace holdfast::frontend
