#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "frontend/settings.hpp"
#include "raft/membership.hpp"

namespace holdfast::server {

using frontend::kNodeIdMax;
inline constexpr std::int64_t kClientsMax = 1'000'000;

// The settings of a server, as given on the command line or in a file.
struct Options {
  NodeId id{1};
  std::string data;
  Address listen{"127.0.0.1", 6379};
  Address peer_listen{"127.0.0.1", 16379};
  // Where clients of other nodes are sent to for this one; else `listen`.
  std::optional<Address> advertise;
  // Where peers reach this node; else what `cluster` says, else `peer_listen`.
  std::optional<Address> advertise_peer;
  // The voters and where their peers reach them. Empty: a cluster of this node alone, or the one
  // to `join`.
  std::map<NodeId, Address> cluster;
  // Where members of a cluster serve clients: the node is started to be added to it, and knows
  // nothing of it but what they tell.
  std::vector<Address> join;
  bool join_as_learner = false;  // and stay one
  // What is damaged is put aside; a node without data whose id is a member is removed first.
  bool repair = false;
  bool cluster_is_given = false;  // `cluster` was, and is not a completion
  // The cluster's number as the folder or a member tells it; else it is made of `cluster`.
  std::optional<std::uint64_t> cluster_number;
  // Clusters of different names or node ids never mix. Empty: the name is made of `cluster`.
  std::string cluster_name;

  std::string password;
  std::size_t max_clients = 10'000;
  std::size_t key_bytes_max = 64 << 10;
  std::size_t value_bytes_max = 64 << 20;
  std::uint64_t maxmemory = 0;  // zero: no bound
  std::size_t pending_bytes_max = 256 << 20;
  std::uint64_t segment_bytes = 64 << 20;

  // A snapshot is made when the log since the last one takes more than this and than the state.
  std::uint64_t snapshot_log_bytes = 64 << 20;
  std::uint64_t snapshot_bytes_per_second = 128 << 20;  // sent to nodes that lag

  Duration election_timeout_min = std::chrono::milliseconds(300);
  Duration election_timeout_max = std::chrono::milliseconds(600);
  Duration heartbeat_interval = std::chrono::milliseconds(60);
  Duration request_timeout = std::chrono::seconds(10);

  // Reads without a round of messages, behind a bound on the drift of clocks.
  bool lease_reads = false;

  std::string log_level = "info";
  bool enable_fault_injection = false;
  bool enable_debug_command = false;
};

// Fills in what follows from the rest (a cluster of one), then checks all of it. What is wrong and
// what would be right, in one line; empty if nothing is.
std::optional<std::string> complete_and_check(Options& options);

// "1=HOST:PORT,2=HOST:PORT,…"; an error text in `error` if it isn't that.
std::optional<std::map<NodeId, Address>> parse_cluster(const std::string& text, std::string& error);

// "HOST:PORT,HOST:PORT,…"; an error text in `error` if it isn't that.
std::optional<std::vector<Address>> parse_addresses(const std::string& text, std::string& error);

// The number that tells this cluster's nodes, folders and peers from another's.
std::uint64_t cluster_id(const Options& options);

// Where clients are told that this node is; `bound` is where it really listens.
Address advertised_address(const Options& options, const Address& bound);
// Where its peers are told that it is.
Address advertised_peer_address(const Options& options, const Address& bound);
// With what the cluster begins: all nodes of `cluster` vote. A node that joins knows no members.
raft::Membership first_membership(const Options& options, const Address& own_peer_address);

}  // namespace holdfast::server
