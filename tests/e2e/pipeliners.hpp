#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "cli/local_cluster.hpp"

namespace holdfast::e2e {

// Clients as plain as they come: each appends to a key of its own through one connection to one
// node, with several requests under way, and repeats nothing. So an error reply or a connection
// that breaks is seen.
class Pipeliners {
 public:
  // Spread over these nodes. `name` tells their keys from those of others.
  Pipeliners(const std::string& name, const std::vector<Address>& nodes, int count);
  ~Pipeliners();

  int acknowledged() const;
  // Stops them when all was answered: without an error, and each append is there once, in order.
  void stop_and_check(cli::LocalCluster& cluster);
  // The longest time that any of them waited for its next reply.
  std::chrono::milliseconds longest_pause() const;

 private:
  struct Client;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace holdfast::e2e
