#include "sim/monitor.hpp"

#include <algorithm>
#include <ranges>
#include <stdexcept>

#include "base/checksum.hpp"

namespace holdfast::sim {

namespace {

void require(bool holds, const char* invariant, NodeId node, const std::string& detail = {}) {
  if (holds) return;
  throw Monitor::Violation(std::string(invariant) + " (node " + std::to_string(node.value()) +
                           (detail.empty() ? "" : ", " + detail) + ")");
}

std::uint64_t checksum_of(const raft::Entry& entry) {
  return checksum(entry.payload.view(), static_cast<std::uint64_t>(entry.kind));
}

std::string at(Index index) {
  return "index " + std::to_string(index.value());
}

}  // namespace

void Monitor::disk_replaced(NodeId id) {
  replaced_[id].push_back(std::move(nodes_[id]));
  nodes_.erase(id);
  std::erase_if(vote_of_, [id](const auto& vote) { return vote.first.first == id; });
}

void Monitor::booted(const Process& process, const raft::Restored& restored) {
  Node& node = nodes_[process.id()];
  require(restored.hard_state.term >= node.durable.term, "a durable term was forgotten",
          process.id());
  const bool same_term = restored.hard_state.term == node.durable.term;
  require(!same_term || !node.durable.voted_for ||
              restored.hard_state.voted_for == node.durable.voted_for,
          "a durable vote was forgotten", process.id());
  Node now;
  now.durable_base = std::max(restored.base.index, restored.snapshot.last.index);
  for (std::size_t i = now.durable_base.value() - restored.base.index.value();
       i < restored.entries.size(); ++i) {
    now.durable_terms.push_back(restored.entries[i].term);
  }
  // What was cut may have been overwritten since; what was committed can't have been.
  for (Index i = node.durable_base.next(); i.value() <= chosen_.size(); ++i) {
    const Term term = chosen_[i.value() - 1].term;
    if (!has_durably(node, i, term)) break;
    require(has_durably(now, i, term), "a durable entry was forgotten", process.id(), at(i));
  }
  node.durable = restored.hard_state;
  node.durable_base = now.durable_base;
  node.durable_terms = std::move(now.durable_terms);
  node.term = restored.hard_state.term;
  node.commit = node.applied = restored.snapshot.last.index;
  node.leads = Term();
}

void Monitor::made_durable(const Process& process, const std::vector<raft::Persist>& batches) {
  Node& node = nodes_[process.id()];
  for (const raft::Persist& batch : batches) apply(node, batch);
}

void Monitor::apply(Node& node, const raft::Persist& batch) {
  if (batch.hard_state) node.durable = *batch.hard_state;
  if (batch.reset) {
    node.durable_base = batch.reset->index;
    node.durable_terms.clear();
  }
  if (batch.entries.empty()) return;
  node.durable_terms.resize(batch.first.prev().value() - node.durable_base.value());
  for (const raft::Entry& entry : batch.entries) node.durable_terms.push_back(entry.term);
}

bool Monitor::has_durably(const Node& node, Index index, Term term) {
  if (index <= node.durable_base) return true;
  const std::size_t place = index.value() - node.durable_base.value() - 1;
  return place < node.durable_terms.size() && node.durable_terms[place] == term;
}

void Monitor::turn_ended(Process& process, const replica::Output& output) {
  const NodeId id = process.id();
  Node& node = nodes_[id];
  const raft::Core& core = process.program()->core();
  require(!output.fault, "the node found a fault", id, output.fault.value_or(""));
  core.check_invariants();
  require(core.term() >= node.term, "the term went back", id);
  node.term = core.term();
  for (const raft::Persist& batch : output.persist) check_log(batch, core.log());
  check_leader(core, node);
  check_commits(core, node);
  check_snapshot(core);
  for (const replica::Outgoing& outgoing : output.messages) check_promises(id, node, outgoing);
  check_state(process, node);
}

void Monitor::check_log(const raft::Persist& batch, const raft::Log& log) {
  // A later batch of the same turn may have replaced entries of this one; the log has the newest.
  Index index = batch.first;
  for (const raft::Entry& entry : batch.entries) {
    const Index before = index.prev();
    const auto previous = log.term_at(before);
    if (log.term_at(index) == entry.term && previous) {
      const Known known{checksum_of(entry), *previous};
      const auto [place, is_new] = entries_.try_emplace({index, entry.term}, known);
      require(is_new || (place->second.checksum == known.checksum &&
                         place->second.before == known.before),
              "log matching: two entries of one index and term", NodeId(), at(index));
    }
    ++index;
  }
}

void Monitor::check_leader(const raft::Core& core, Node& node) {
  if (!core.is_leader()) {
    node.leads = Term();
    return;
  }
  const auto [known, is_new] = leader_of_.emplace(core.term(), core.id());
  require(known->second == core.id(), "election safety: two leaders in a term", core.id(),
          "term " + std::to_string(core.term().value()));
  if (is_new && !chosen_.empty()) {
    const Index last(chosen_.size());
    require(core.log().term_at(last) == chosen_.back().term,
            "leader completeness: a new leader lacks what was committed", core.id(), at(last));
  }
  if (node.leads == core.term()) {
    require(core.log().last_index() >= node.leader_end &&
                (node.leader_end <= core.log().base().index ||
                 core.log().term_at(node.leader_end) == core.term()),
            "leader append-only: a leader's log shrank", core.id());
  }
  node.leads = core.term();
  node.leader_end = core.log().last_index();
}

void Monitor::check_commits(const raft::Core& core, Node& node) {
  const Index commit = core.commit_index();
  require(commit >= node.commit, "the commit index went back", core.id());
  require(core.log().base().index.value() <= chosen_.size(), "a snapshot of the future", core.id());
  const Index first = std::max(node.commit, core.log().base().index).next();
  for (Index index = first; index <= commit; ++index) {
    const raft::Entry& entry = core.log().at(index);
    const Chosen chosen{entry.term, checksum_of(entry)};
    if (index.value() > chosen_.size()) {
      chosen_.push_back(chosen);
      // A follower can be the first to be seen with it only if its leader said so before.
      check_durable(core, index, entry.term);
    } else {
      require(chosen_[index.value() - 1] == chosen,
              "state-machine safety: two entries committed at one index", core.id(), at(index));
    }
  }
  node.commit = commit;
}

void Monitor::check_snapshot(const raft::Core& core) const {
  const raft::Position last = core.snapshot();
  if (!last.index) return;
  require(last.index.value() <= chosen_.size() && chosen_[last.index.value() - 1].term == last.term,
          "a snapshot does not stand for what was committed", core.id(), at(last.index));
}

void Monitor::check_durable(const raft::Core& core, Index index, Term term) const {
  // Changes may have come into force in this very turn, behind what was committed: one that was
  // waited for, and the next.
  bool is_on_disks = is_on_disks_of(core.membership(), index, term);
  for (Index i = index; !is_on_disks && i <= core.log().last_index(); ++i) {
    is_on_disks = is_on_disks_of(core.membership_at(i), index, term);
  }
  require(is_on_disks, "an entry was committed that no majority has on disk", NodeId(), at(index));
}

// Also on a disk that was replaced since: it was counted on before.
bool Monitor::had_durably(NodeId id, Index index, Term term) const {
  const auto has = [&](const Node& node) { return has_durably(node, index, term); };
  if (const auto node = nodes_.find(id); node != nodes_.end() && has(node->second)) return true;
  const auto replaced = replaced_.find(id);
  return replaced != replaced_.end() && std::ranges::any_of(replaced->second, has);
}

// Of a majority of each set of voters.
bool Monitor::is_on_disks_of(const raft::Membership& membership, Index index, Term term) const {
  const auto is_on_majority = [&](bool raft::Member::*counts) {
    std::size_t voters = 0, have = 0;
    for (const raft::Member& member : membership.members) {
      if (!(member.*counts)) continue;
      ++voters;
      if (had_durably(member.id, index, term)) ++have;
    }
    return 2 * have > voters;
  };
  return is_on_majority(&raft::Member::votes) && is_on_majority(&raft::Member::voted);
}

void Monitor::check_promises(NodeId id, const Node& node, const replica::Outgoing& outgoing) {
  const auto* message = std::get_if<raft::Message>(&outgoing.message);
  if (message == nullptr) return;
  if (const auto* vote = std::get_if<raft::VoteResponse>(message);
      vote && vote->granted && !vote->pre) {
    const auto [known, is_new] = vote_of_.emplace(std::pair(id, vote->term), outgoing.to);
    require(known->second == outgoing.to, "two votes in a term", id);
    require(node.durable.has_voted(vote->term, outgoing.to), "a vote given is not on disk", id);
  }
  if (const auto* ack = std::get_if<raft::AppendResponse>(message); ack && ack->accepted) {
    const bool is_there =
        ack->match.value() <= node.durable_base.value() + node.durable_terms.size();
    require(is_there && node.durable.term == ack->term, "an acknowledged entry is not on disk", id,
            at(ack->match));
  }
  if (const auto* ask = std::get_if<raft::VoteRequest>(message); ask && !ask->pre) {
    const auto [known, is_new] = vote_of_.emplace(std::pair(id, ask->term), id);
    require(known->second == id, "two votes in a term", id);
  }
}

void Monitor::check_state(Process& process, Node& node) {
  Program& program = *process.program();
  require(program.pending_bytes() <= pending_bytes_max_, "waiting requests take too much memory",
          process.id());
  const Index applied = program.applied_index();
  require(applied >= node.applied && applied <= node.commit, "the applied index is out of order",
          process.id());
  if (applied == node.applied) return;
  node.applied = applied;
  const std::uint64_t digest = program.digest();
  require(digests_.emplace(applied, digest).first->second == digest,
          "replicas differ: two states after the same entries", process.id(), at(applied));
}

}  // namespace holdfast::sim
