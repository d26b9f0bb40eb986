#include "server/options.hpp"

#include <charconv>
#include <set>

#include "base/checksum.hpp"

namespace holdfast::server {

namespace {

constexpr std::size_t kNodesMax = 9;
constexpr std::size_t kMinSegment = 1 << 20;
constexpr std::size_t kMaxSegment = std::size_t{1} << 30;
constexpr std::size_t kValueBytesLimit = 512 << 20;
constexpr std::size_t kPendingBytesLimit = std::size_t{1} << 40;
constexpr std::size_t kHostBytesMax = 255;  // of a name (RFC 1035, 2.3.4)
constexpr Duration kElectionTimeoutLimit = std::chrono::minutes(1);
constexpr Duration kRequestTimeoutLimit = std::chrono::hours(1);

std::string describe_cluster(const std::map<NodeId, Address>& cluster) {
  std::string text;
  for (const auto& [id, address] : cluster) {
    if (!text.empty()) text += ",";
    text += std::to_string(id.value()) + "=" + address.to_string();
  }
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_wildcard(const std::string& host) {
  return host == "0.0.0.0" || host == "::";
}

std::optional<std::string> check_cluster(const Options& options) {
  if (!options.cluster.contains(options.id)) {
    return "--cluster has no address for this node: it lists " + describe_cluster(options.cluster) +
           ", and --id is " + std::to_string(options.id.value());
  }
  if (options.cluster.size() > kNodesMax) {
    return "--cluster lists " + std::to_string(options.cluster.size()) + " nodes; at most " +
           std::to_string(kNodesMax) + " are possible";
  }
  std::set<std::string> seen;
  for (const auto& [id, address] : options.cluster) {
    if (!id || id.value() > kNodeIdMax) {
      return "--cluster: node ids are numbers from 1 to " + std::to_string(kNodeIdMax);
    }
    if (address.port == 0 && options.cluster.size() > 1) {
      return "--cluster: node " + std::to_string(id.value()) + " needs a port";
    }
    if (!seen.insert(address.to_string()).second) {
      return "--cluster: two nodes have the address " + address.to_string();
    }
  }
  return std::nullopt;
}

// What is told to others must lead here from where they are.
std::optional<std::string> check_advertised(const Options& options) {
  const auto unusable = [](const std::optional<Address>& address) {
    return address && (is_wildcard(address->host) || address->port == 0);
  };
  if (unusable(options.advertise)) return "--advertise needs a host and a port to connect to";
  if (unusable(options.advertise_peer)) {
    return "--advertise-peer needs a host and a port to connect to";
  }
  const auto own = options.cluster.find(options.id);
  if (options.advertise_peer && own != options.cluster.end() &&
      own->second != *options.advertise_peer) {
    return "--advertise-peer is " + options.advertise_peer->to_string() +
           ", but --cluster says that this node is at " + own->second.to_string();
  }
  return std::nullopt;
}

std::optional<std::string> check_join(const Options& options) {
  if (options.join.empty()) return std::nullopt;
  if (!options.cluster.empty()) {
    return "--join and --cluster exclude each other: a node that joins asks who the members are";
  }
  if (!options.cluster_name.empty()) {
    return "--join and --cluster-name exclude each other: a node that joins asks for the name";
  }
  if (!options.advertise_peer && is_wildcard(options.peer_listen.host)) {
    return "--peer-listen " + options.peer_listen.to_string() +
           " is no address that others can connect to: --advertise-peer must name one";
  }
  return std::nullopt;
}

std::optional<std::string> check_hosts(const Options& options) {
  std::vector<Address> addresses{options.listen, options.peer_listen};
  if (options.advertise) addresses.push_back(*options.advertise);
  if (options.advertise_peer) addresses.push_back(*options.advertise_peer);
  for (const auto& [id, address] : options.cluster) addresses.push_back(address);
  for (const Address& address : options.join) addresses.push_back(address);
  for (const Address& address : addresses) {
    if (address.host.size() > kHostBytesMax) {
      return "the host '" + address.host.substr(0, 20) + "…' is longer than " +
             std::to_string(kHostBytesMax) + " bytes";
    }
  }
  return std::nullopt;
}

// A leader that misses one heartbeat or two must not lose its followers.
std::optional<std::string> check_times(const Options& options) {
  const Duration longest = std::max(
      {options.heartbeat_interval, options.election_timeout_min, options.election_timeout_max});
  if (longest > kElectionTimeoutLimit) {
    return "--heartbeat-interval, --election-timeout-min and --election-timeout-max can be at most "
           "1m";
  }
  if (options.request_timeout > kRequestTimeoutLimit) {
    return "--request-timeout can be at most 1h";
  }
  if (options.heartbeat_interval < std::chrono::milliseconds(1)) {
    return "--heartbeat-interval must be at least 1 ms";
  }
  if (options.election_timeout_min < 3 * options.heartbeat_interval) {
    return "--election-timeout-min must be at least three times --heartbeat-interval";
  }
  if (options.election_timeout_max < options.election_timeout_min * 3 / 2) {
    return "--election-timeout-max must be at least 1.5 times --election-timeout-min, or "
           "candidates would disturb each other";
  }
  if (options.request_timeout < options.election_timeout_max) {
    return "--request-timeout must be at least --election-timeout-max, so that a request can "
           "wait through an election";
  }
  return std::nullopt;
}

std::optional<std::string> check_limits(const Options& options) {
  if (options.key_bytes_max < 1 || options.key_bytes_max > options.value_bytes_max) {
    return "--max-key-bytes must be between 1 and --max-value-bytes";
  }
  if (options.value_bytes_max > kValueBytesLimit) {
    return "--max-value-bytes can be at most 536870912 (512 MiB)";
  }
  if (options.pending_bytes_max < 2 * options.value_bytes_max ||
      options.pending_bytes_max > kPendingBytesLimit) {
    return "--max-pending-bytes must be at least twice --max-value-bytes, and at most 1 TiB";
  }
  if (options.segment_bytes < kMinSegment || options.segment_bytes > kMaxSegment) {
    return "--segment-bytes must be between 1 MiB and 1 GiB";
  }
  if (options.snapshot_log_bytes < kMinSegment) {
    return "--snapshot-log-bytes must be at least 1 MiB, or snapshots would do nothing but follow "
           "each other";
  }
  if (options.snapshot_bytes_per_second < kMinSegment) {
    return "--snapshot-rate must be at least 1 MiB a second, or a node that lags never catches up";
  }
  if (options.max_clients < 1) return "--max-clients must be at least 1";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> complete_and_check(Options& options) {
  if (!options.id) return "--id must be a number from 1 on";
  if (options.data.empty()) return "--data DIR is missing: the folder that keeps this node's log";
  if (auto error = check_hosts(options)) return error;
  if (auto error = check_join(options)) return error;
  if (auto error = check_advertised(options)) return error;
  options.cluster_is_given = !options.cluster.empty();
  if (options.repair && options.join.empty()) {
    return "--repair needs --join: without its data a node must be added anew by the others";
  }
  if (options.cluster.empty() && options.join.empty()) {
    options.cluster[options.id] = options.peer_listen;
  }
  if (options.join.empty()) {
    if (auto error = check_cluster(options)) return error;
  }
  if (auto error = check_times(options)) return error;
  return check_limits(options);
}

std::optional<std::map<NodeId, Address>> parse_cluster(const std::string& text,
                                                       std::string& error) {
  std::map<NodeId, Address> cluster;
  for (const std::string& part : split(text)) {
    const std::size_t equals = part.find('=');
    std::uint64_t id = 0;
    const char* id_end = part.data() + std::min(equals, part.size());
    const auto [stop, code] = std::from_chars(part.data(), id_end, id);
    const auto address =
        equals == std::string::npos ? std::nullopt : Address::parse(part.substr(equals + 1));
    if (code != std::errc() || stop != id_end || id == 0 || !address) {
      error = "'" + part + "' is not ID=HOST:PORT, as in 1=10.0.0.1:16379,2=10.0.0.2:16379";
      return std::nullopt;
    }
    if (!cluster.emplace(NodeId(id), *address).second) {
      error = "node " + std::to_string(id) + " is listed twice";
      return std::nullopt;
    }
  }
  return cluster;
}

std::optional<std::vector<Address>> parse_addresses(const std::string& text, std::string& error) {
  std::vector<Address> addresses;
  for (const std::string& part : split(text)) {
    const auto address = Address::parse(part);
    if (!address || address->port == 0) {
      error = "'" + part + "' is not HOST:PORT, as in 10.0.0.1:6379,10.0.0.2:6379";
      return std::nullopt;
    }
    addresses.push_back(*address);
  }
  return addresses;
}

// The voters are part of it: nodes that count majorities of different sets, one of three that was
// started again as a cluster of one, could each have theirs. Only addresses may change.
std::uint64_t cluster_id(const Options& options) {
  if (options.cluster_number) return *options.cluster_number;
  if (options.cluster_name.empty()) return checksum("nodes:" + describe_cluster(options.cluster));
  std::string ids;
  for (const auto& [id, address] : options.cluster) ids += " " + std::to_string(id.value());
  return checksum("name:" + options.cluster_name + ":nodes:" + ids);
}

Address advertised_address(const Options& options, const Address& bound) {
  if (options.advertise) return *options.advertise;
  if (!is_wildcard(bound.host)) return bound;
  const auto own = options.cluster.find(options.id);
  return own == options.cluster.end() ? bound : Address{own->second.host, bound.port};
}

Address advertised_peer_address(const Options& options, const Address& bound) {
  if (options.advertise_peer) return *options.advertise_peer;
  const auto own = options.cluster.find(options.id);
  const bool is_named = own != options.cluster.end() && !is_wildcard(own->second.host);
  return is_named && own->second.port != 0 ? own->second : bound;
}

raft::Membership first_membership(const Options& options, const Address& own_peer_address) {
  raft::Membership membership;
  for (const auto& [id, address] : options.cluster) {
    const Address& known = id == options.id ? own_peer_address : address;
    membership.members.push_back({.id = id, .address = known.to_string()});
  }
  return membership;
}

}  // namespace holdfast::server
