#include "explore/node.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace holdfast::explore {

namespace {

using raft::Envelope;

bool is_prefix(std::span<const raft::Entry> start, std::span<const raft::Entry> whole) {
  return start.size() <= whole.size() && std::ranges::equal(start, whole.first(start.size()));
}

// A host in which nothing goes wrong that the explorer did not choose. Notes the first property
// that does not hold, of those that a node alone can break.
class Host {
 public:
  Host(Outcome& outcome, const Bounds& bounds)
      : outcome_(outcome), node_(outcome.node), bounds_(bounds) {}

  void apply(Input input, const Envelope* message) {
    using Kind = Input::Kind;
    switch (input.kind) {
      case Kind::kDeliver:
        return node_.core.receive(kNow, *message);
      case Kind::kFinishWrite:
        return finish_write(true);
      case Kind::kTimeout:
        return time_out();
      case Kind::kPropose:
        return static_cast<void>(node_.core.propose(Payload()));
      case Kind::kRead:
        return read(Index(input.argument));
      case Kind::kCrash:
        return crash(input.argument);
      case Kind::kTransfer:
        return static_cast<void>(node_.core.transfer(kNow, NodeId(input.argument)));
    }
  }

  // Takes effects until none are left; a disk that is too far behind catches up.
  void settle() {
    while (true) {
      take(node_.core.take_effects(kNow));
      if (node_.writing.size() <= bounds_.writes) return;
      finish_write(true);
      ++outcome_.forced_writes;
    }
  }

  // Of a step that is no restart.
  void check_step(const raft::Core& before) {
    const raft::Core& after = node_.core;
    require(after.term() >= before.term(), "a node's term never falls");
    require(after.commit_index() >= before.commit_index(), "a node's commit index never falls");
    if (before.is_leader() && after.is_leader() && before.term() == after.term()) {
      require(is_prefix(before.log().from(Index(1)), after.log().from(Index(1))),
              "a leader only appends to its log");
    }
  }

 private:
  bool require(bool holds, const char* property) {
    if (!holds && outcome_.broken.empty()) outcome_.broken = property;
    return holds;
  }

  void time_out() {
    node_.core.tick(kNow);
    if (bounds_.pre_votes || !node_.core.is_pre_candidate()) return;
    // What is asked is lost, and as many as are needed have granted it.
    node_.core.take_effects(kNow);
    for (std::uint64_t id = 1; node_.core.is_pre_candidate(); ++id) {
      if (NodeId(id) == node_.core.id()) continue;
      const raft::VoteResponse granted{
          .term = node_.core.term().next(), .pre = true, .granted = true};
      node_.core.receive(kNow, {NodeId(id), node_.core.id(), granted});
    }
  }

  void read(Index floor) {
    node_.reads.push_back({++node_.tokens, floor});
    node_.core.read(node_.tokens);
  }

  void crash(std::size_t finished) {
    for (; finished > 0; --finished) finish_write(false);
    node_ = {.core = raft::Core(config_of(node_.core.id(), bounds_), node_.disk, kNow),
             .disk = std::move(node_.disk),
             .tokens = node_.tokens};
  }

  void finish_write(bool tell) {
    const raft::Persist batch = std::move(node_.writing.front());
    node_.writing.erase(node_.writing.begin());
    if (batch.hard_state) {
      const raft::HardState& old = node_.disk.hard_state;
      require(batch.hard_state->term >= old.term, "the term on disk never falls");
      require(batch.hard_state->term > old.term || !old.voted_for ||
                  batch.hard_state->voted_for == old.voted_for,
              "a vote on disk stands for its term");
      node_.disk.hard_state = *batch.hard_state;
    }
    if (batch.first) {
      require(batch.first.value() <= node_.disk.entries.size() + 1, "no hole in a log on disk");
      node_.disk.entries.resize(batch.first.value() - 1);
      std::ranges::copy(batch.entries, std::back_inserter(node_.disk.entries));
    }
    if (!tell) return;
    node_.durable = batch.ticket;
    node_.core.persisted(kNow, batch.ticket);
  }

  void take(raft::Effects effects) {
    node_.core.check_invariants();
    require(!node_.core.fault(), "election safety: no two leaders in a term (a core's own check)");
    for (const Envelope& envelope : effects.messages) {
      if (!keeps_promise(envelope.to, envelope.message) && !outcome_.promise) {
        outcome_.promise = envelope;
      }
    }
    for (const raft::Committed& next : effects.committed) {
      require(next.index == node_.handed_out.next(), "entries are handed out in order, each once");
      node_.handed_out = next.index;
    }
    for (const raft::ReadGranted& read : effects.reads_granted) grant(read);
    for (const std::uint64_t token : effects.reads_refused) close(token);
    std::ranges::move(effects.persist, std::back_inserter(node_.writing));
    std::ranges::move(effects.messages, std::back_inserter(outcome_.sent));
  }

  // What a message promises is on the sender's disk.
  bool keeps_promise(NodeId to, const raft::Message& message) {
    const raft::HardState& disk = node_.disk.hard_state;
    if (const auto* request = std::get_if<raft::VoteRequest>(&message); request && !request->pre) {
      return require(disk == raft::HardState{request->term, node_.core.id()},
                     "a candidate's own vote is on its disk before it asks for others'");
    }
    if (const auto* vote = std::get_if<raft::VoteResponse>(&message);
        vote && vote->granted && !vote->pre) {
      return require(disk == raft::HardState{vote->term, to}, "a vote given is on disk");
    }
    if (const auto* answer = std::get_if<raft::AppendResponse>(&message);
        answer && answer->accepted) {
      const std::size_t match = answer->match.value();
      const std::span<const raft::Entry> written(node_.disk.entries);
      return require(disk.term == answer->term, "the term of an acknowledgement is on disk") &&
             require(match <= written.size() &&
                         is_prefix(written.first(match), node_.core.log().from(Index(1))),
                     "what is acknowledged is on disk");
    }
    return true;
  }

  void grant(const raft::ReadGranted& granted) {
    outcome_.reads_granted.push_back(granted);
    const auto read = std::ranges::find(node_.reads, granted.token, &OpenRead::token);
    if (!require(read != node_.reads.end(), "a read is granted that was asked for")) return;
    require(granted.index >= read->floor, "a read misses nothing that was committed before");
    node_.reads.erase(read);
  }

  void close(std::uint64_t token) {
    std::erase_if(node_.reads, [&](const OpenRead& read) { return read.token == token; });
  }

  Outcome& outcome_;
  Node& node_;
  const Bounds& bounds_;
};

}  // namespace

Fingerprint Node::fingerprint(const Renaming& renaming) const {
  Hasher hasher(renaming, durable);
  describe(hasher);
  return hasher.result();
}

raft::Config config_of(NodeId id, const Bounds& bounds) {
  raft::Config config;
  config.id = id;
  for (std::uint64_t voter = 1; voter <= bounds.nodes; ++voter) {
    config.voters.push_back(NodeId(voter));
  }
  config.election_timeout_min = config.election_timeout_max = Duration::zero();
  config.heartbeat_interval = Duration::zero();
  config.append_entries_max = bounds.entries;
  return config;
}

Node first_start(NodeId id, const Bounds& bounds) {
  return {.core = raft::Core(config_of(id, bounds), {}, kNow)};
}

Outcome take_turn(const Node& before, Input input, const Envelope* message, const Bounds& bounds) {
  Outcome outcome{.node = before};
  const ChecksThrow checks_throw;
  try {
    Host host(outcome, bounds);
    host.apply(input, message);
    host.settle();
    if (input.kind != Input::Kind::kCrash) host.check_step(before.core);
  } catch (const CheckFailed& failed) {
    outcome.broken = failed.what();
    outcome.check_failed = true;
  }
  return outcome;
}

}  // namespace holdfast::explore
