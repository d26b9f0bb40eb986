#pragma once

#include <cstdint>
#include <string>

#include "cli/endpoints.hpp"
#include "client/node_status.hpp"

namespace holdfast::cli {

// Tells people, on stderr, how far a node is that is to become a voter: a line when it has moved.
class CatchingUp {
 public:
  CatchingUp(std::uint64_t node, std::string password)
      : node_(node), password_(std::move(password)) {}

  // Asks the leader, about once a second however often it is called.
  void look(const Address& leader);

 private:
  std::string describe(const client::NodeStatus& member) const;
  // What the node itself says; empty if it gets no snapshot.
  std::string describe_snapshot(const client::NodeStatus& member) const;

  std::uint64_t node_;
  std::string password_;
  std::chrono::steady_clock::time_point next_look_;
  std::string said_;
};

}  // namespace holdfast::cli
