#include "raft/storm.hpp"

#include <algorithm>
#include <ranges>
#include <stdexcept>

namespace holdfast::raft {

namespace {

constexpr std::size_t kPastMax = 200;

void require(bool holds, const std::string& property) {
  if (!holds) throw std::runtime_error(property);
}

Payload value(std::uint64_t n) {
  return Payload("v" + std::to_string(n));
}

}  // namespace

Storm::Storm(std::size_t nodes, std::uint64_t seed) : prng_(seed) {
  for (std::uint64_t id = 1; id <= nodes; ++id) voters_.push_back(NodeId(id));
  for (const NodeId id : voters_) start(id);
}

void Storm::start(NodeId id) {
  Config config;
  config.id = id;
  config.voters = voters_;
  config.seed = prng_.next();
  config.append_entries_max = 3;
  config.window_messages = 4;
  Node& node = nodes_[id];
  node.core = std::make_unique<Core>(config, node.disk, now_);
  node.handed_out = Index();
}

// A power cut: what the disk had not finished is gone, or some of it is there.
void Storm::crash(NodeId id) {
  Node& node = nodes_.at(id);
  if (!node.core) return;
  for (std::uint64_t done = prng_.below(node.writing.size() + 1); done > 0; --done) {
    node.writing.front().first = now_;
    const Persist& batch = node.writing.front().second;
    if (batch.hard_state) node.disk.hard_state = *batch.hard_state;
    if (batch.first) {
      node.disk.entries.resize(batch.first.value() - 1);
      std::ranges::copy(batch.entries, std::back_inserter(node.disk.entries));
    }
    node.writing.pop_front();
  }
  node.core.reset();
  node.writing.clear();
}

bool Storm::chance(double probability) {
  return static_cast<double>(prng_.below(1'000'000)) < probability * 1'000'000;
}

Storm::Node& Storm::any_node() {
  return nodes_.at(voters_[prng_.below(voters_.size())]);
}

void Storm::run_for(int ms, const Weather& weather) {
  for (int i = 0; i < ms; ++i) step(weather);
}

void Storm::step(const Weather& weather) {
  now_ += std::chrono::milliseconds(1);
  misbehave(weather);
  while (!network_.empty() && network_.begin()->first <= now_) {
    const Envelope envelope = std::move(network_.extract(network_.begin()).mapped());
    Node& to = nodes_.at(envelope.to);
    if (!to.core || cut_.contains({envelope.from, envelope.to})) continue;
    to.core->receive(now_, envelope);
    settle(envelope.to, weather);
  }
  for (const NodeId id : voters_) {
    Node& node = nodes_.at(id);
    if (!node.core) continue;
    finish_writes(node);
    if (now_ >= node.core->next_deadline()) node.core->tick(now_);
    if (node.core->is_leader() && chance(0.2)) {
      static_cast<void>(node.core->propose(value(++next_value_)));
    }
    if (chance(0.05)) {
      const std::uint64_t token = ++next_value_;
      read_floor_[token] = chosen_.size();
      node.core->read(token);
    }
    settle(id, weather);
  }
  check_log_matching();
}

void Storm::misbehave(const Weather& weather) {
  for (const NodeId id : voters_) {
    if (chance(weather.crash)) crash(id);
    if (!nodes_.at(id).core && chance(0.01)) start(id);
  }
  if (chance(weather.partition)) {
    const NodeId a = voters_[prng_.below(voters_.size())];
    for (const NodeId b : voters_) {
      if (chance(0.6)) cut_.insert({a, b});
      if (chance(0.6)) cut_.insert({b, a});
    }
  }
  if (chance(0.005)) cut_.clear();
  Node& node = any_node();
  if (node.core && chance(weather.transfer)) {
    node.core->transfer(now_, chance(0.5) ? NodeId() : voters_[prng_.below(voters_.size())]);
  }
  if (chance(weather.nonsense) && !past_.empty()) {
    Envelope old = past_[prng_.below(past_.size())];
    network_.emplace(now_, std::move(old));
  }
}

void Storm::finish_writes(Node& node) {
  Ticket done;
  while (!node.writing.empty() && node.writing.front().first <= now_) {
    Persist batch = std::move(node.writing.front().second);
    node.writing.pop_front();
    done = batch.ticket;
    if (batch.hard_state) node.disk.hard_state = *batch.hard_state;
    if (!batch.first) continue;
    require(batch.first.value() <= node.disk.entries.size() + 1, "no hole in a log on disk");
    node.disk.entries.resize(batch.first.value() - 1);
    std::ranges::move(batch.entries, std::back_inserter(node.disk.entries));
  }
  if (done) node.core->persisted(now_, done);
}

void Storm::settle(NodeId id, const Weather& weather) {
  Node& node = nodes_.at(id);
  Effects effects = node.core->take_effects(now_);
  check(id, effects);
  for (Persist& batch : effects.persist) {
    const auto earliest = node.writing.empty() ? now_ : node.writing.back().first;
    const auto time =
        std::chrono::milliseconds(prng_.below(static_cast<std::uint64_t>(weather.disk_ms_max) + 1));
    node.writing.emplace_back(std::max(earliest, now_ + time), std::move(batch));
  }
  for (const Envelope& envelope : effects.messages) {
    check_promises(id, envelope);
    send(envelope, weather);
    if (chance(weather.duplication)) send(envelope, weather);
  }
}

void Storm::send(const Envelope& envelope, const Weather& weather) {
  if (chance(weather.loss)) return;
  if (past_.size() < kPastMax) {
    past_.push_back(envelope);
  } else if (chance(0.01)) {
    past_[prng_.below(kPastMax)] = envelope;
  }
  const auto delay =
      std::chrono::milliseconds(1 + prng_.below(static_cast<std::uint64_t>(weather.delay_ms_max)));
  network_.emplace(now_ + delay, envelope);
}

void Storm::check(NodeId id, const Effects& effects) {
  Node& node = nodes_.at(id);
  const Core& core = *node.core;
  core.check_invariants();
  require(!core.fault(), core.fault().value_or(""));
  if (core.is_leader()) {
    const auto [known, is_new] = leader_of_.emplace(core.term(), id);
    require(known->second == id, "election safety: one leader in a term");
    if (is_new) check_leader_completeness(core);
  }
  for (const Committed& next : effects.committed) {
    require(next.index == node.handed_out.next(), "entries are handed out in order, each once");
    node.handed_out = next.index;
    const std::size_t at = next.index.value() - 1;
    if (at == chosen_.size()) chosen_.push_back(next.entry);
    require(at < chosen_.size() && chosen_[at] == next.entry,
            "state-machine safety: one entry for an index");
  }
  for (const ReadGranted& read : effects.reads_granted) check_read(read);
}

// What a message promises is on the sender's disk.
void Storm::check_promises(NodeId id, const Envelope& envelope) {
  const Restored& disk = nodes_.at(id).disk;
  if (const auto* response = std::get_if<VoteResponse>(&envelope.message)) {
    if (response->pre || !response->granted) return;
    require(disk.hard_state == HardState{response->term, envelope.to}, "a vote given is on disk");
    const auto [vote, is_new] = vote_of_.emplace(std::pair(id, response->term), envelope.to);
    require(vote->second == envelope.to, "one vote in a term");
  }
  if (const auto* response = std::get_if<AppendResponse>(&envelope.message)) {
    if (!response->accepted) return;
    require(disk.hard_state.term == response->term, "the term of an answer is on disk");
    require(disk.entries.size() >= response->match.value(), "what is acknowledged is on disk");
  }
  if (const auto* request = std::get_if<VoteRequest>(&envelope.message); request && !request->pre) {
    require(disk.hard_state == HardState{request->term, id}, "a candidate's vote is on disk");
  }
}

// All that was committed when the read was asked for is beneath the index that it may be answered
// from, so no acknowledged write is missed.
void Storm::check_read(const ReadGranted& read) {
  const auto floor = read_floor_.find(read.token);
  require(floor != read_floor_.end(), "a read is granted that was asked for");
  require(read.index.value() >= floor->second, "a read misses nothing that was committed before");
  read_floor_.erase(floor);
  ++reads_granted_;
}

// Equal index and term: equal logs up to there. Compared from the end, where they may differ.
void Storm::check_log_matching() {
  for (auto a = nodes_.begin(); a != nodes_.end(); ++a) {
    for (auto b = std::next(a); b != nodes_.end(); ++b) {
      if (!a->second.core || !b->second.core) continue;
      const Log& left = a->second.core->log();
      const Log& right = b->second.core->log();
      std::uint64_t at = std::min(left.last_index(), right.last_index()).value();
      while (at > 0 && left.at(Index(at)).term != right.at(Index(at)).term) --at;
      // The newest ten of the common part; the rest was compared in earlier steps.
      for (const std::uint64_t end = at > 10 ? at - 10 : 0; at > end; --at) {
        require(left.at(Index(at)) == right.at(Index(at)), "log matching");
      }
    }
  }
}

void Storm::check_leader_completeness(const Core& leader) {
  for (std::size_t i = 0; i < chosen_.size(); ++i) {
    const Index index(i + 1);
    require(index <= leader.log().last_index() && leader.log().at(index) == chosen_[i],
            "leader completeness: a new leader has all that was committed");
  }
}

bool Storm::recovers(int ms) {
  cut_.clear();
  for (const NodeId id : voters_) {
    if (!nodes_.at(id).core) start(id);
  }
  const std::size_t before = chosen_.size();
  for (int i = 0; i < ms; ++i) {
    step({});
    const bool all = std::ranges::all_of(nodes_ | std::views::values, [&](const Node& node) {
      return node.handed_out.value() > before + 5;
    });
    if (all) return true;
  }
  return false;
}

}  // namespace holdfast::raft
