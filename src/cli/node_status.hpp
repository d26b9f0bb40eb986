#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <string>

#include "base/address.hpp"
#include "resp/value.hpp"

namespace holdfast::cli {

// What a node says of itself: the fields of RAFT STATUS.
struct NodeStatus {
  std::map<std::string, resp::Value> fields;

  std::uint64_t number(const std::string& name) const;
  std::string text(const std::string& name) const;
  bool leads() const { return text("role") == "leader"; }
};

// Or why it says nothing.
std::expected<NodeStatus, std::string> ask_status(
    const Address& address, const std::string& password = {},
    std::chrono::milliseconds timeout = std::chrono::seconds(2));

}  // namespace holdfast::cli
