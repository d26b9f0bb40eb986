#include "replica/world.hpp"

#include <algorithm>
#include <iterator>

#include "base/check.hpp"

namespace holdfast::replica {

using std::chrono::milliseconds;

World::World(std::size_t nodes, std::uint64_t seed) : prng_(seed) {
  for (std::uint64_t id = 1; id <= nodes; ++id) config.raft.voters.push_back(NodeId(id));
  for (std::uint64_t id = 1; id <= nodes; ++id) start(id);
}

void World::start(std::uint64_t id) {
  Node& node = nodes_[id];
  Config own = config;
  own.raft.id = NodeId(id);
  own.raft.seed = prng_.next();
  node.replica = std::make_unique<Replica>(own, node.disk, ++next_nonce_, now_);
}

void World::crash(std::uint64_t id) {
  nodes_.at(id).replica.reset();
  nodes_.at(id).writing.clear();
}

void World::restart(std::uint64_t id) {
  start(id);
}

void World::fill_disk(std::uint64_t id) {
  nodes_.at(id).disk_is_full = true;
  at(id).set_storage_stalled(true);
}

void World::free_disk(std::uint64_t id) {
  nodes_.at(id).disk_is_full = false;
  at(id).set_storage_stalled(false);
}

std::uint64_t World::write(std::uint64_t node, std::vector<std::string_view> args) {
  at(node).submit_write(now_, {1, ++next_request_}, args);
  return next_request_;
}

std::uint64_t World::read(std::uint64_t node, std::vector<std::string_view> args) {
  at(node).submit_read(now_, {1, ++next_request_}, args);
  return next_request_;
}

std::optional<kv::Reply> World::answer(std::uint64_t request) const {
  const auto found = answers_.find(request);
  return found == answers_.end() ? std::nullopt : std::optional(found->second);
}

kv::Reply World::await(std::uint64_t request, int ms) {
  CHECK_MSG(run_until([&] { return answers_.contains(request); }, ms), "no answer came");
  return answers_.at(request);
}

void World::run_for(int ms) {
  for (int i = 0; i < ms; ++i) step();
}

void World::step() {
  now_ += milliseconds(1);
  for (auto& [id, node] : nodes_) {
    if (node.replica) complete_disk(node);
  }
  while (!network_.empty() && network_.begin()->first <= now_) {
    Flight flight = std::move(network_.begin()->second);
    network_.erase(network_.begin());
    Node& to = nodes_.at(flight.to);
    if (to.replica) to.replica->receive(now_, NodeId(flight.from), std::move(flight.message));
  }
  for (auto& [id, node] : nodes_) {
    if (!node.replica) continue;
    if (const auto wall = wall_ms.find(id); wall != wall_ms.end()) {
      const auto since = std::chrono::duration_cast<milliseconds>(now_.time_since_epoch());
      node.replica->set_unix_time(now_, wall->second + static_cast<std::uint64_t>(since.count()));
    }
    node.replica->tick(now_);
    collect(id, node);
  }
}

void World::complete_disk(Node& node) {
  while (!node.disk_is_full && !node.writing.empty() && node.writing.front().first <= now_) {
    const raft::Persist batch = std::move(node.writing.front().second);
    node.writing.pop_front();
    if (batch.hard_state) node.disk.hard_state = *batch.hard_state;
    if (!batch.entries.empty()) {
      node.disk.entries.resize(batch.first.value() - 1);
      node.disk.entries.insert(node.disk.entries.end(), batch.entries.begin(), batch.entries.end());
    }
    node.replica->persisted(now_, batch.ticket);
  }
}

void World::collect(std::uint64_t id, Node& node) {
  Output output = node.replica->take_output(now_);
  CHECK(!output.fault);
  std::ranges::move(output.warnings, std::back_inserter(warnings));
  for (raft::Persist& batch : output.persist) {
    const Instant earliest = node.writing.empty() ? now_ : node.writing.back().first;
    const auto delay = milliseconds(prng_.below(static_cast<std::uint64_t>(disk_delay_ms_max) + 1));
    node.writing.emplace_back(std::max(earliest, now_ + delay), std::move(batch));
  }
  for (Outgoing& out : output.messages) {
    const std::uint64_t to = out.to.value();
    if (lost(out.message) || cut_.contains(id) || cut_.contains(to)) continue;
    const auto delay = prng_.between(1, static_cast<std::uint64_t>(delay_ms_max));
    network_.emplace(now_ + milliseconds(delay), Flight{id, to, std::move(out.message)});
  }
  for (Completion& done : output.completions) {
    const bool first = answers_.emplace(done.key.request, std::move(done.reply)).second;
    CHECK_MSG(first, "a request was answered twice");
  }
}

bool World::lost(const wire::PeerMessage& message) {
  const bool forward = std::holds_alternative<wire::Forward>(message);
  const double p = loss + (forward ? forward_loss : 0);
  return static_cast<double>(prng_.below(1'000'000)) < p * 1'000'000;
}

std::uint64_t World::leader() const {
  std::optional<NodeId> agreed;
  for (const auto& [id, node] : nodes_) {
    if (!node.replica || cut_.contains(id)) continue;
    const NodeId leader = node.replica->status().leader;
    if (!leader || (agreed && *agreed != leader)) return 0;
    agreed = leader;
  }
  return agreed ? agreed->value() : 0;
}

std::uint64_t World::elect() {
  CHECK_MSG(run_until([&] { return leader() != 0; }), "no leader was elected");
  return leader();
}

bool World::converged() {
  std::set<std::pair<Index, std::uint64_t>> states;
  for (auto& [id, node] : nodes_) {
    if (!node.replica) continue;
    states.emplace(node.replica->status().applied_index, node.replica->digest());
  }
  return states.size() == 1;
}

}  // namespace holdfast::replica
