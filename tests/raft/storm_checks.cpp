#include <algorithm>
#include <stdexcept>

#include "raft/storm.hpp"

namespace holdfast::raft {

namespace {

void require(bool holds, const std::string& property) {
  if (!holds) throw std::runtime_error(property);
}

// Counted once more, apart from the core's own way.
template <class Condition>
bool is_majority(const Membership& membership, bool Member::*is_counted, Condition condition) {
  std::size_t all = 0;
  std::size_t fulfil = 0;
  for (const Member& member : membership.members) {
    if (!(member.*is_counted)) continue;
    ++all;
    if (condition(member.id)) ++fulfil;
  }
  return fulfil > all / 2;
}

Index end_of_log(const Restored& disk) {
  return disk.base.index.plus(disk.entries.size());
}

// Zero: it is not there.
Term term_on(const Restored& disk, Index index) {
  if (index == disk.base.index) return disk.base.term;
  if (index < disk.base.index || index > end_of_log(disk)) return {};
  return disk.entries[index.value() - disk.base.index.value() - 1].term;
}

// The last entry that a node that starts from this disk has, in its log or in its snapshot.
Index recovered(const Restored& disk) {
  const Position last = disk.snapshot.last;
  return term_on(disk, last.index) == last.term ? end_of_log(disk) : last.index;
}

bool holds(const Restored& disk, Index index, Term term) {
  return index <= disk.snapshot.last.index ||
         (index <= recovered(disk) && term_on(disk, index) == term);
}

}  // namespace

void Storm::check(NodeId id, const Effects& effects) {
  Node& node = nodes_.at(id);
  const Core& core = *node.core;
  core.check_invariants();
  require(!core.fault(), core.fault().value_or(""));
  if (core.is_leader()) check_elected(id);
  for (const Committed& next : effects.committed) check_committed(node, next);
  if (core.is_leader() && !effects.committed.empty()) {
    check_commit_quorum(effects.committed.back().index);
  }
  check_membership(id);
  for (const ReadGranted& read : effects.reads_granted) check_read(read);
}

void Storm::check_committed(Node& node, const Committed& next) {
  require(next.index == node.handed_out.next(), "entries are handed out in order, each once");
  node.handed_out = next.index;
  const std::size_t at = next.index.value() - 1;
  if (at == chosen_.size()) {
    chosen_.push_back(next.entry);
    chosen_in_.push_back(node.core->term());
    if (next.entry.kind == EntryKind::kMembership) {
      memberships_[next.index] = decode_membership(next.entry.payload.view()).value();
    }
  }
  require(at < chosen_.size() && chosen_[at] == next.entry,
          "state-machine safety: one entry for an index");
}

void Storm::check_elected(NodeId id) {
  const Core& core = *nodes_.at(id).core;
  const auto [known, is_new] = leader_of_.emplace(core.term(), id);
  require(known->second == id, "election safety: one leader in a term");
  if (!is_new) return;
  check_leader_completeness(core);
  const auto voted = [&](NodeId node) {
    if (node == id) return nodes_.at(id).disk.hard_state.voted_for == id;
    const auto vote = vote_of_.find({node, core.term()});
    return vote != vote_of_.end() && vote->second == id;
  };
  const Membership& members = core.membership();
  require(
      is_majority(members, &Member::votes, voted) && is_majority(members, &Member::voted, voted),
      "a leader has the votes of a majority of each set");
}

// A joint membership is committed by both sets; what comes behind it at least by the new one.
void Storm::check_commit_quorum(Index index) {
  const Term term = chosen_[index.value() - 1].term;
  const auto has = [&](NodeId node) { return holds(nodes_.at(node).disk, index, term); };
  const Membership& members = chosen_membership(index);
  require(is_majority(members, &Member::votes, has),
          "what is committed is on the disks of a majority");
  const bool is_joint_entry = memberships_.contains(index) && members.is_joint();
  require(!is_joint_entry || is_majority(members, &Member::voted, has),
          "a joint membership is on the disks of a majority of the old set");
}

const Membership& Storm::chosen_membership(Index index) const {
  return std::prev(memberships_.upper_bound(index))->second;
}

// A membership that was committed is not forgotten.
void Storm::check_membership(NodeId id) {
  const Core& core = *nodes_.at(id).core;
  if (core.membership_index() > core.commit_index()) return;
  const Membership& chosen = chosen_membership(core.commit_index());
  // With what the cluster began is in no log.
  const bool may_be_unknown = !is_first_voter(id) && chosen == memberships_[Index()];
  if (core.membership().members.empty() && may_be_unknown) return;
  require(core.membership() == chosen,
          "a node goes by the membership that was committed: " + to_string(chosen) +
              ", and not by " + to_string(core.membership()));
}

// What a message promises is on the sender's disk.
void Storm::check_promises(NodeId id, const Envelope& envelope) {
  const Restored& disk = nodes_.at(id).disk;
  if (const auto* response = std::get_if<VoteResponse>(&envelope.message)) {
    if (response->pre || !response->granted) return;
    require(disk.hard_state.has_voted(response->term, envelope.to), "a vote given is on disk");
    const auto [vote, is_new] = vote_of_.emplace(std::pair(id, response->term), envelope.to);
    require(vote->second == envelope.to, "one vote in a term");
  }
  if (const auto* response = std::get_if<AppendResponse>(&envelope.message)) {
    if (!response->accepted) return;
    require(disk.hard_state.term == response->term, "the term of an answer is on disk");
    require(recovered(disk) >= response->match, "what is acknowledged is on disk");
  }
  if (const auto* request = std::get_if<VoteRequest>(&envelope.message); request && !request->pre) {
    require(disk.hard_state.has_voted(request->term, id), "a candidate's vote is on disk");
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
      const Index base = std::max(left.base().index, right.base().index);
      Index at = std::min(left.last_index(), right.last_index());
      while (at > base && left.at(at).term != right.at(at).term) at = at.prev();
      if (at <= base) continue;
      require(left.term_at(base) == right.term_at(base), "log matching at a base");
      // The newest ten of the common part; the rest was compared in earlier steps.
      for (int i = 0; i < 10 && at > base; ++i, at = at.prev()) {
        require(left.at(at) == right.at(at), "log matching");
      }
    }
  }
}

void Storm::check_leader_completeness(const Core& leader) {
  // Its votes may come late, when others lead later terms.
  std::size_t earlier = chosen_.size();
  while (earlier > 0 && chosen_in_[earlier - 1] >= leader.term()) --earlier;
  const Log& log = leader.log();
  const std::uint64_t base = log.base().index.value();
  require(base <= chosen_.size() && (base == 0 || chosen_[base - 1].term == log.base().term),
          "a log's base is committed");
  for (std::uint64_t i = base; i < earlier; ++i) {
    const Index index(i + 1);
    require(index <= log.last_index() && log.at(index) == chosen_[i],
            "leader completeness: a new leader has all that was committed");
  }
}

}  // namespace holdfast::raft
