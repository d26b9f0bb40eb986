#include "explore/node.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace holdfast::explore {

namespace {

using raft::Envelope;

// All of `start`, but for what of either is in a snapshot.
bool is_prefix(const raft::Log& start, const raft::Log& whole) {
  if (start.last_index() > whole.last_index()) return false;
  const Index base = std::max(start.base().index, whole.base().index);
  for (Index i = base.next(); i <= start.last_index(); ++i) {
    if (start.at(i) != whole.at(i)) return false;
  }
  return true;
}

// A host in which nothing goes wrong that the explorer did not choose. Notes the first property
// that does not hold, of those that a node alone can break.
class Host {
 public:
  Host(Outcome& outcome, const Bounds& bounds)
      : outcome_(outcome), node_(outcome.node), bounds_(bounds) {}

  void apply(Input input, Given given) {
    using Kind = Input::Kind;
    switch (input.kind) {
      case Kind::kDeliver:
        return node_.core.receive(kNow, *given.message);
      case Kind::kFinishWrite:
        return finish_write(true);
      case Kind::kTimeout:
        return time_out();
      case Kind::kPropose:
        return static_cast<void>(node_.core.propose(Payload()));
      case Kind::kRead:
        return read(Index(input.argument));
      case Kind::kCrash:
        return crash(Crash::of(input.argument));
      case Kind::kTransfer:
        return static_cast<void>(node_.core.transfer(kNow, NodeId(input.argument)));
      case Kind::kChange:
        return change(members_of(input.argument));
      case Kind::kSnapshot:
        return make_snapshot(Index(input.argument));
      case Kind::kReceive:
        node_.received = *given.snapshot;
        return;
      case Kind::kInstall:
        return install();
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
      require(is_prefix(before.log(), after.log()), "a leader only appends to its log");
    }
  }

 private:
  bool require(bool holds, const char* property) {
    if (!holds && outcome_.broken.empty()) outcome_.broken = property;
    return holds;
  }

  void time_out() {
    if (node_.core.is_leader()) return depose();
    node_.core.tick(kNow);
    if (bounds_.pre_votes || node_.core.is_candidate()) return;
    // What is asked is lost, and as many as are needed have granted it.
    node_.core.take_effects(kNow);
    for (std::uint64_t id = 1; node_.core.is_pre_candidate(); ++id) {
      if (NodeId(id) == node_.core.id()) continue;
      const raft::VoteResponse granted{
          .term = node_.core.term().next(), .pre = true, .granted = true};
      node_.core.receive(kNow, {NodeId(id), node_.core.id(), granted});
    }
  }

  // A leader that needs nobody else stays. Its heartbeats would have no end.
  void depose() {
    raft::Core core = node_.core;
    core.tick(kNow);
    if (!core.is_leader()) node_.core = std::move(core);
  }

  void read(Index floor) {
    node_.reads.push_back({++node_.tokens, floor});
    node_.core.read(node_.tokens);
  }

  // As if all had answered just now: time would have it that nobody ever has.
  void change(const raft::Membership& target) {
    static_cast<void>(node_.core.change_membership(kNow - Duration(1), target));
  }

  void make_snapshot(Index last) {
    node_.disk.snapshot = node_.core.meta_at(last);
    node_.core.compact(last);
  }

  void keep_received() {
    const raft::SnapshotMeta& meta = node_.received->meta;
    if (meta.last.index > node_.disk.snapshot.last.index) node_.disk.snapshot = meta;
  }

  void install() {
    keep_received();
    const raft::SnapshotMeta meta = std::exchange(node_.received, std::nullopt)->meta;
    if (node_.core.install(kNow, meta)) node_.handed_out = meta.last.index;
  }

  void crash(Crash crash) {
    for (; crash.finished > 0; --crash.finished) finish_write(false);
    if (crash.has_received) keep_received();
    node_ = {.core = raft::Core(config_of(node_.core.id(), bounds_), node_.disk, kNow),
             .disk = std::move(node_.disk),
             .tokens = node_.tokens};
    node_.handed_out = node_.disk.snapshot.last.index;
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
    }
    raft::write(batch, node_.disk);
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
      return require(disk.has_voted(request->term, node_.core.id()),
                     "a candidate's own vote is on its disk before it asks for others'");
    }
    if (const auto* vote = std::get_if<raft::VoteResponse>(&message);
        vote && vote->granted && !vote->pre) {
      return require(disk.has_voted(vote->term, to), "a vote given is on disk");
    }
    if (const auto* answer = std::get_if<raft::AppendResponse>(&message);
        answer && answer->accepted) {
      raft::Log written = recovered(node_.disk);
      const bool is_there = answer->match <= written.last_index();
      if (is_there && answer->match > written.base().index) {
        if (answer->match < written.last_index()) written.truncate_from(answer->match.next());
      }
      return require(disk.term == answer->term, "the term of an acknowledgement is on disk") &&
             require(is_there && is_prefix(written, node_.core.log()),
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

raft::Log recovered(const raft::Restored& disk) {
  raft::Log log(disk.base, disk.entries);
  const raft::Position last = disk.snapshot.last;
  return log.term_at(last.index) == last.term ? log : raft::Log(last);
}

Fingerprint Node::fingerprint(const Renaming& renaming) const {
  Hasher hasher(renaming, durable);
  describe(hasher);
  return hasher.result();
}

raft::Config config_of(NodeId id, const Bounds& bounds) {
  raft::Config config;
  config.id = id;
  const std::uint64_t voters = std::min(bounds.nodes, bounds.voters);
  for (std::uint64_t voter = 1; id.value() <= voters && voter <= voters; ++voter) {
    config.voters.push_back(NodeId(voter));
  }
  config.log_tail_bytes = 0;
  config.election_timeout_min = config.election_timeout_max = Duration::zero();
  config.heartbeat_interval = Duration::zero();
  config.append_entries_max = bounds.entries;
  return config;
}

Node first_start(NodeId id, const Bounds& bounds) {
  return {.core = raft::Core(config_of(id, bounds), {}, kNow)};
}

raft::Membership members_of(std::uint32_t voters) {
  raft::Membership membership;
  for (std::uint64_t id = 1; id <= kNodesMax; ++id) {
    if ((voters >> (id - 1) & 1) != 0) membership.members.push_back({.id = NodeId(id)});
  }
  return membership;
}

Outcome take_turn(const Node& before, Input input, Given given, const Bounds& bounds) {
  Outcome outcome{.node = before};
  const ChecksThrow checks_throw;
  try {
    Host host(outcome, bounds);
    host.apply(input, given);
    host.settle();
    if (input.kind != Input::Kind::kCrash) host.check_step(before.core);
  } catch (const CheckFailed& failed) {
    outcome.broken = failed.what();
    outcome.check_failed = true;
  }
  return outcome;
}

}  // namespace holdfast::explore
