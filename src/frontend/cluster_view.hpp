#pragma once

#include <string>
#include <vector>

#include "base/address.hpp"
#include "frontend/port.hpp"
#include "frontend/settings.hpp"

namespace holdfast::frontend {

// The cluster as Redis clients know clusters: one shard that owns all slots. Its master is the
// leader. While none is known, this node is shown in its place: it holds requests until there
// is one, and a client with no master gives up.
struct ClusterNode {
  NodeId id;
  Address address;
  bool is_master = false;
  bool is_self = false;
};
struct ClusterView {
  replica::Status status;
  std::vector<ClusterNode> nodes;  // the master first; only those whose address is known
};
ClusterView view_cluster(const Port& port, const Settings& settings);

// 40 hex digits, as long as Redis's node ids.
std::string node_name(NodeId id);

}  // namespace holdfast::frontend
