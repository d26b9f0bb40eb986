#pragma once

#include "sim/cluster.hpp"
#include "sim/kv_server.hpp"

namespace holdfast::sim {

// A cluster of whole servers with their default settings, in fair weather.
inline ClusterOptions kv_cluster(std::size_t nodes, std::uint64_t seed) {
  ClusterOptions options;
  options.nodes = nodes;
  options.seed = seed;
  options.make_program = [nodes](NodeId id, raft::Restored restored, replica::Kept kept,
                                 std::uint64_t nonce, Streams& streams, Instant now) {
    replica::Config config;
    config.raft.id = id;
    config.raft.seed = nonce;
    for (std::uint64_t n = 1; n <= nodes; ++n) config.raft.voters.push_back(NodeId(n));
    return std::make_unique<KvServer>(config, std::move(restored), std::move(kept), nonce, streams,
                                      now);
  };
  return options;
}

}  // namespace holdfast::sim
