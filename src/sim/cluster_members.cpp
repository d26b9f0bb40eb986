// Who belongs to the cluster, who comes and who goes.

#include <algorithm>

#include "base/check.hpp"
#include "sim/cluster.hpp"

namespace holdfast::sim {

// As the server's --join does it.
void Cluster::start_anew(NodeId id, NodeId leader) {
  CHECK(!has_data(id));
  const raft::Core& core = process(leader).program()->core();
  process(id).replace_disk(
      {.term = core.term(), .voted_for = leader, .votes_from = {core.commit_index(), core.term()}});
  monitor_.disk_replaced(id);
  without_data_.erase(id);
  start(id);
}

void Cluster::lose_data(NodeId id) {
  CHECK(!process(id).is_running());
  memberships_.erase(id);
  without_data_.insert(id);
  hurt_.insert(id);
}

bool Cluster::can_bear_loss_of(NodeId id) const {
  std::set<NodeId> hurt = hurt_;
  hurt.insert(id);
  return can_bear(hurt, going_);
}

bool Cluster::may_remove(NodeId id) {
  std::set<NodeId> going = going_;
  going.insert(id);
  if (!can_bear(hurt_, going)) return false;
  going_ = std::move(going);
  return true;
}

// Who is hurt may stay for long; who is whole may be gone soon; who joins may be made a voter
// before the leader has noticed that it is gone.
bool Cluster::can_bear(const std::set<NodeId>& hurt, const std::set<NodeId>& going) const {
  const auto can = [&](const raft::Membership& membership, const auto& counts) {
    std::size_t voters = 0, lost = 0;
    for (const raft::Member& member : membership.members) {
      const bool is_hurt = hurt.contains(member.id);
      if (!counts(member) || (going.contains(member.id) && !is_hurt)) continue;
      ++voters;
      if (is_hurt) ++lost;
    }
    return lost == 0 || 2 * lost < voters;
  };
  return std::ranges::all_of(memberships_, [&](const auto& known) {
    return can(known.second, [](const auto& member) { return member.votes; }) &&
           can(known.second, [](const auto& member) { return member.voted; }) &&
           can(known.second, [](const auto& member) { return member.votes || member.joins; });
  });
}

raft::Membership Cluster::membership() const {
  const NodeId leader = this->leader();
  if (!leader) return {};
  return processes_.at(leader)->program()->core().membership();
}

// What a voter lacked it has got back, once it is settled that it is one.
void Cluster::note_membership(const Process& process, const replica::Output& output) {
  if (output.membership) memberships_[process.id()] = *output.membership;
  if ((going_.empty() && hurt_.empty()) || process.id() != leader()) return;
  const raft::Core& core = process.program()->core();
  const raft::Membership& membership = core.membership();
  if (membership.is_joint() || core.membership_index() > core.commit_index()) return;
  std::erase_if(going_, [&](NodeId id) { return !membership.contains(id); });
  std::erase_if(hurt_, [&](NodeId id) { return is_up(id) && membership.is_voter(id); });
}

bool Cluster::has_converged() {
  std::set<std::pair<Index, std::uint64_t>> states;
  const raft::Membership members = membership();
  for (const auto& [id, process] : processes_) {
    if (!process->is_running() || !members.contains(id)) continue;
    Program& program = *process->program();
    if (program.applied_index() != monitor_.committed()) return false;
    states.emplace(program.applied_index(), program.digest());
  }
  return states.size() == 1;
}

void Cluster::stop_removed(Process& process) {
  tally_.add("stop: removed from the cluster");
  say("stopped: was removed from the cluster", process.id());
  crash(process.id(), false);
}

}  // namespace holdfast::sim
