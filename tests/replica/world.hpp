#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "replica/replica.hpp"

namespace holdfast::replica {

// A few replicas, a network that can lose and reorder, disks that keep what they acknowledged and
// time by the millisecond: enough of a world to see what requests get for an answer.
class World {
 public:
  explicit World(std::size_t nodes, std::uint64_t seed = 1);

  // A request at `node`; the answer appears under the returned number.
  std::uint64_t write(std::uint64_t node, std::vector<std::string_view> args);
  std::uint64_t read(std::uint64_t node, std::vector<std::string_view> args);
  std::optional<kv::Reply> answer(std::uint64_t request) const;

  void step();  // one millisecond
  void run_for(int ms);
  // Until the condition holds; false if it does not within `ms`.
  template <class Condition>
  bool run_until(Condition condition, int ms = 20'000) {
    for (int i = 0; i < ms && !condition(); ++i) step();
    return condition();
  }
  kv::Reply await(std::uint64_t request, int ms = 20'000);

  std::uint64_t elect();  // the leader, when all agree on one
  std::uint64_t leader() const;
  void crash(std::uint64_t node);
  void restart(std::uint64_t node);
  bool is_up(std::uint64_t node) const { return nodes_.at(node).replica != nullptr; }
  void fill_disk(std::uint64_t node);
  void free_disk(std::uint64_t node);
  void cut(std::uint64_t node) { cut_.insert(node); }
  void heal() { cut_.clear(); }
  Replica& at(std::uint64_t node) { return *nodes_.at(node).replica; }
  bool converged();

  double loss = 0;            // of each message
  double forward_loss = 0;    // of each Forward, besides
  int delay_ms_max = 2;       // uniform from 1: more than 1 reorders
  int disk_delay_ms_max = 2;  // of each batch
  Config config;
  // Of nodes whose hosts tell them the wall clock: what it showed at the instant zero.
  std::map<std::uint64_t, std::uint64_t> wall_ms;
  std::vector<std::string> warnings;  // of all nodes

 private:
  struct Node {
    std::unique_ptr<Replica> replica;
    raft::Restored disk;
    std::deque<std::pair<Instant, raft::Persist>> writing;
    bool disk_is_full = false;
  };
  struct Flight {
    std::uint64_t from;
    std::uint64_t to;
    wire::PeerMessage message;
  };
  void start(std::uint64_t node);
  void complete_disk(Node& node);
  void collect(std::uint64_t id, Node& node);
  bool lost(const wire::PeerMessage& message);

  Prng prng_;
  Instant now_{std::chrono::seconds(1)};
  std::map<std::uint64_t, Node> nodes_;
  std::multimap<Instant, Flight> network_;
  std::set<std::uint64_t> cut_;
  std::uint64_t next_request_ = 0;
  std::uint64_t next_nonce_ = 0;
  std::map<std::uint64_t, kv::Reply> answers_;
};

}  // namespace holdfast::replica
