#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "frontend/statistics.hpp"
#include "kv/batch.hpp"
#include "replica/replica.hpp"

namespace holdfast::frontend {

// What a connection's brain asks of the node it runs in. The server and the simulator implement
// it; all calls happen on the node's one thread, inside Connection's own calls.
class Port {
 public:
  virtual ~Port() = default;

  // The answers come to Connection::complete, never before the call has returned.
  virtual void submit_write(std::uint64_t client, std::uint64_t request, kv::Args args) = 0;
  virtual void submit_read(std::uint64_t client, std::uint64_t request, kv::Args args) = 0;
  virtual void submit_member(std::uint64_t client, std::uint64_t request,
                             replica::MemberRequest change) = 0;
  virtual void submit_snapshot(std::uint64_t client, std::uint64_t request) = 0;
  // A state that was the newest at most so long ago will do.
  virtual void submit_stale_read(std::uint64_t client, std::uint64_t request, kv::Args args,
                                 Duration /*max_stale*/) {
    submit_read(client, request, args);
  }
  virtual void submit_fetch(std::uint64_t client, std::uint64_t request,
                            const replica::FetchRequest& wanted) = 0;

  virtual replica::Status status() const = 0;
  // The leader as known here, zero if there is none. Asked at each command of a cluster-aware
  // client, so a host with a cheaper answer than status() gives that.
  virtual NodeId leader() const { return status().leader; }
  virtual std::uint64_t state_digest() = 0;
  virtual std::uint64_t unix_time_us() const = 0;  // for TIME and for people; nothing depends on it
  // Where a node serves clients, as far as it is known by now.
  virtual std::optional<Address> client_address(NodeId node) const = 0;
  // There is a connection to the node now, or it is this one.
  virtual bool is_connected(NodeId node) const = 0;

  Statistics& statistics() { return statistics_; }
  const Statistics& statistics() const { return statistics_; }
  // That the program has allocated, as of lately; zero if the host does not know.
  virtual std::size_t used_memory() const { return 0; }
  // Says a line to all connections that listen to MONITOR.
  virtual void tell_monitors(const std::string& /*line*/) {}

  // One line per connection, for CLIENT LIST: the host asks each Connection for its own.
  virtual std::string client_list() const = 0;
  virtual std::size_t client_count() const = 0;
  // Closes the connections that match; returns how many.
  virtual std::size_t kill_clients(std::optional<std::uint64_t> id,
                                   std::optional<std::string> address) = 0;

  // For INFO: "name:value" lines that only the host knows (uptime, memory, process id, port…).
  virtual std::vector<std::pair<std::string, std::string>> host_info() const = 0;

  // The rest are operators' requests. Each returns an error reply's text ("ERR …"), or nothing
  // when it was done.
  virtual std::optional<std::string> transfer_leadership(NodeId target) = 0;  // zero: any
  virtual std::optional<std::string> shutdown() = 0;
  // Blocks the whole node for this long: DEBUG SLEEP, where it is enabled.
  virtual std::optional<std::string> stall(Duration) { return "ERR this node can't be stalled"; }
  // Drop all messages to and from these peers (empty: heal). Refused unless the server was started
  // with --enable-fault-injection.
  virtual std::optional<std::string> cut_peers(const std::vector<NodeId>& peers) = 0;

 private:
  Statistics statistics_;
};

}  // namespace holdfast::frontend
