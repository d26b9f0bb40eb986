// A replicated counter on three nodes in one process: the whole of what holdfast::raft asks of a
// host. A real host puts a network, disks and a clock where this has queues; see src/replica and
// src/server.
#include <chrono>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "raft/core.hpp"

using namespace holdfast;
using std::chrono::milliseconds;

// One node: its consensus, its disk, and the state machine, which is a single number.
struct Node {
  std::unique_ptr<raft::Core> core;  // null: the node is dead
  raft::Restored disk;
  int counter = 0;
};

class Cluster {
 public:
  Cluster() {
    for (const NodeId id : kIds) start(id);
  }

  void start(NodeId id) {
    raft::Config config;
    config.id = id;
    config.voters = kIds;
    config.seed = id.value();
    nodes_[id] = {std::make_unique<raft::Core>(config, nodes_[id].disk, now_),
                  std::move(nodes_[id].disk), 0};
  }
  // The disk stays; all else is gone.
  void kill(NodeId id) { nodes_[id].core.reset(); }

  void run_for(milliseconds time) {
    for (const Instant end = now_ + time; now_ < end; now_ += milliseconds(1)) {
      for (auto& [id, node] : nodes_) turn(node);
    }
  }

  NodeId leader() {
    for (const auto& [id, node] : nodes_) {
      if (node.core && node.core->is_leader()) return id;
    }
    return {};
  }
  bool add(int amount) {
    const NodeId id = leader();
    return id && nodes_[id].core->propose(Payload(std::to_string(amount))).has_value();
  }
  int counter(NodeId id) { return nodes_[id].counter; }
  bool all_equal() {
    return counter(kIds[0]) == counter(kIds[1]) && counter(kIds[1]) == counter(kIds[2]);
  }

  static inline const std::vector<NodeId> kIds{NodeId(1), NodeId(2), NodeId(3)};

 private:
  // A turn: events in (time, messages), effects out.
  void turn(Node& node) {
    if (!node.core) return;
    if (now_ >= node.core->next_deadline()) node.core->tick(now_);
    for (auto& mail = mailboxes_[node.core->id()]; !mail.empty(); mail.pop_front()) {
      node.core->receive(now_, mail.front());
    }
    raft::Effects effects = node.core->take_effects(now_);
    for (raft::Persist& batch : effects.persist) {
      write(node.disk, batch);
      node.core->persisted(now_, batch.ticket);  // from here on others may count on it
    }
    for (raft::Envelope& envelope : effects.messages) {
      if (nodes_[envelope.to].core) mailboxes_[envelope.to].push_back(std::move(envelope));
    }
    for (const raft::Committed& next : effects.committed) {
      if (next.entry.kind == raft::EntryKind::kNoop) continue;
      node.counter += std::stoi(std::string(next.entry.payload.view()));
    }
  }

  static void write(raft::Restored& disk, raft::Persist& batch) {
    if (batch.hard_state) disk.hard_state = *batch.hard_state;
    if (batch.entries.empty()) return;
    disk.entries.resize(batch.first.value() - 1);  // what stood here was never committed
    for (raft::Entry& entry : batch.entries) disk.entries.push_back(std::move(entry));
  }

  Instant now_;
  std::map<NodeId, Node> nodes_;
  std::map<NodeId, std::deque<raft::Envelope>> mailboxes_;
};

int main() {
  Cluster cluster;
  cluster.run_for(milliseconds(2000));
  const NodeId first = cluster.leader();
  std::printf("node %d leads\n", static_cast<int>(first.value()));

  for (int i = 1; i <= 10; ++i) cluster.add(i);
  cluster.run_for(milliseconds(100));
  std::printf("added 1 to 10: the counter is %d\n", cluster.counter(first));

  cluster.kill(first);
  cluster.run_for(milliseconds(2000));
  const NodeId second = cluster.leader();
  std::printf("killed it; node %d leads\n", static_cast<int>(second.value()));
  cluster.add(45);
  cluster.run_for(milliseconds(100));

  cluster.start(first);
  cluster.run_for(milliseconds(1000));
  for (const NodeId id : Cluster::kIds) {
    std::printf("node %d: %d\n", static_cast<int>(id.value()), cluster.counter(id));
  }
  const bool right = cluster.all_equal() && cluster.counter(first) == 100;
  std::printf(right ? "all equal\n" : "NOT as expected: all should be 100\n");
  return right ? 0 : 1;
}
