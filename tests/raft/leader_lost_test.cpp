#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "raft/core.hpp"

namespace holdfast::raft {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Cores on a network and with disks that take a while, of which nothing fails but one node.
class Cluster {
 public:
  Cluster(std::uint64_t nodes, std::uint64_t seed) : prng_(seed) {
    for (std::uint64_t id = 1; id <= nodes; ++id) {
      Config config{.id = NodeId(id), .voters = {}};
      for (std::uint64_t voter = 1; voter <= nodes; ++voter) config.voters.push_back(NodeId(voter));
      config.seed = prng_.next();
      nodes_[config.id].core = std::make_unique<Core>(config, Restored{}, now_);
    }
  }

  NodeId leader() const {
    for (const auto& [id, node] : nodes_) {
      if (node.core && node.core->is_leader()) return id;
    }
    return {};
  }
  // Until there is a leader; how long that took.
  Duration elect(Duration limit) {
    const Instant start = now_;
    while (!leader() && now_ - start < limit) step();
    return now_ - start;
  }
  void run_for(Duration time) {
    for (const Instant end = now_ + time; now_ < end;) step();
  }
  // The others notice it within a millisecond.
  void kill(NodeId dead) {
    nodes_.at(dead).core.reset();
    for (auto& [id, node] : nodes_) {
      if (node.core) node.noticed = {now_ + microseconds(prng_.below(1000)), dead};
    }
  }

 private:
  struct Node {
    std::unique_ptr<Core> core;
    std::multimap<Instant, Ticket> writes;
    std::optional<std::pair<Instant, NodeId>> noticed;
  };

  void step() {
    now_ += microseconds(50);
    while (!network_.empty() && network_.begin()->first <= now_) {
      const Envelope envelope = std::move(network_.extract(network_.begin()).mapped());
      Node& to = nodes_.at(envelope.to);
      if (to.core) to.core->receive(now_, envelope);
      if (to.core) settle(to);
    }
    for (auto& [id, node] : nodes_) {
      if (!node.core) continue;
      while (!node.writes.empty() && node.writes.begin()->first <= now_) {
        node.core->persisted(now_, node.writes.begin()->second);
        node.writes.erase(node.writes.begin());
      }
      if (node.noticed && node.noticed->first <= now_) {
        node.core->peer_lost(now_, node.noticed->second);
        node.noticed.reset();
      }
      if (now_ >= node.core->next_deadline()) node.core->tick(now_);
      settle(node);
    }
  }

  void settle(Node& node) {
    Effects effects = node.core->take_effects(now_);
    for (const Persist& batch : effects.persist) {
      const Instant earliest = node.writes.empty() ? now_ : node.writes.rbegin()->first;
      const Instant done = now_ + microseconds(500 + prng_.below(2000));
      node.writes.emplace(std::max(earliest, done), batch.ticket);
    }
    for (Envelope& envelope : effects.messages) {
      network_.emplace(now_ + microseconds(100 + prng_.below(400)), std::move(envelope));
    }
  }

  Prng prng_;
  Instant now_{std::chrono::seconds(1)};
  std::map<NodeId, Node> nodes_;
  std::multimap<Instant, Envelope> network_;
};

class LeaderLost : public testing::TestWithParam<std::uint64_t> {};

// All notice it at once; that they all ask for votes at once must not leave them without a leader
// for an election timeout, as a split vote does.
TEST_P(LeaderLost, IsReplacedWithoutATimeout) {
  constexpr std::uint64_t kElections = 300;
  std::uint64_t slow = 0;
  Duration sum{};
  for (std::uint64_t seed = 1; seed <= kElections; ++seed) {
    Cluster cluster(GetParam(), seed);
    cluster.elect(std::chrono::seconds(10));
    cluster.run_for(milliseconds(200));
    ASSERT_TRUE(cluster.leader());
    cluster.kill(cluster.leader());
    const Duration took = cluster.elect(std::chrono::seconds(10));
    if (took > milliseconds(100)) ++slow;
    sum += took;
  }
  RecordProperty("slow", static_cast<int>(slow));
  RecordProperty("mean_us", static_cast<int>(sum.count() / static_cast<int>(kElections)));
  EXPECT_EQ(slow, 0U);
}

INSTANTIATE_TEST_SUITE_P(Of, LeaderLost, testing::Values(3, 5, 7));

}  // namespace
}  // namespace holdfast::raft
