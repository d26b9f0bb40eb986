#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "client/connection.hpp"
#include "resp/value.hpp"

namespace holdfast::client {

// What a node says of itself, or of something else, as names and values.
struct NodeStatus {
  std::map<std::string, resp::Value> fields;

  std::uint64_t number(const std::string& name) const;  // zero if there is none
  std::optional<std::uint64_t> maybe_number(const std::string& name) const;
  std::string text(const std::string& name) const;
  bool leads() const { return text("role") == "leader"; }
};

// One command to one node, on a connection of its own: its reply, or why there is none. An error
// reply counts as none.
std::expected<resp::Value, std::string> ask_node(
    const Address& address, const std::string& password, const std::vector<std::string>& args,
    std::chrono::milliseconds timeout = std::chrono::seconds(2));

// The fields of RAFT STATUS.
std::expected<NodeStatus, std::string> ask_status(
    const Address& address, const std::string& password = {},
    std::chrono::milliseconds timeout = std::chrono::seconds(2));
std::expected<NodeStatus, std::string> ask_status(Connection& connection,
                                                  std::chrono::milliseconds timeout);

// Besides those the digest of the data, for which the node has to read what changed.
std::expected<NodeStatus, std::string> ask_status_and_digest(const Address& address,
                                                             const std::string& password = {});

// Those of each member in RAFT MEMBERS.
std::expected<std::vector<NodeStatus>, std::string> ask_members(const Address& address,
                                                                const std::string& password = {});

}  // namespace holdfast::client
