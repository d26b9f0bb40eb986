#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.hpp"
#include "frontend/transaction.hpp"
#include "resp/reply_writer.hpp"

namespace holdfast::frontend {

// What a connection remembers of its client, besides requests under way.
struct ClientState {
  std::uint64_t id = 0;
  std::string address;
  std::string name, lib_name, lib_version;
  std::string last_command;  // "client|info"
  Instant connected_at, last_heard_at;

  resp::Protocol protocol = resp::Protocol::kResp2;
  bool authenticated = false;
  bool cluster_aware = false;  // has asked for the cluster's nodes: is told of the leader
  bool read_only = false;      // READONLY: reads here rather than at the leader
  Duration max_stale{};        // READONLY MAXSTALE: a state of so long ago will do; zero: it won't

  // CLIENT MAINT_NOTIFICATIONS: wants to be told when it should move to another node.
  bool wants_moves = false;
  bool wants_no_address = false;  // … but not where to

  // CLIENT REPLY
  bool replies_off = false;
  bool skips_next_reply = false;
  bool skips_this_reply = false;

  Transaction transaction;
  bool is_monitor = false;  // MONITOR: hears of every command

  bool closing = false;  // reads nothing more; closes when all was answered
};

// How busy a connection is, for people.
struct ConnectionLoad {
  std::size_t query_bytes = 0;
  std::size_t pending_requests = 0;
  std::size_t output_bytes = 0;
};

// The client's line in CLIENT LIST, without its line end.
std::string describe(const ClientState& client, const ConnectionLoad& load, Instant now);

}  // namespace holdfast::frontend
