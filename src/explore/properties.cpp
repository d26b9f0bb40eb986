#include "explore/properties.hpp"

#include <algorithm>
#include <bit>

namespace holdfast::explore {

namespace {

using Terms = std::array<std::uint8_t, kEntriesMax>;

// Logs as terms: an entry is known by its index and term, since a term has one leader, who only
// appends. Both of which are checked.
bool is_same(std::uint8_t a, std::uint8_t b) {
  return a == b || a == kInSnapshot || b == kInSnapshot;
}

bool holds(const Terms& terms, std::size_t size, const State& state, std::size_t entries) {
  if (size < entries) return false;
  for (std::size_t i = 0; i < entries; ++i) {
    if (!is_same(terms[i], state.chosen[i].term)) return false;
  }
  return true;
}

std::size_t chosen_count(const State& state) {
  return static_cast<std::size_t>(std::ranges::find(state.chosen, Chosen{}) - state.chosen.begin());
}

bool remember_leader(State& state, std::size_t node, const Look& look) {
  if (!look.leads) return true;
  std::uint8_t& leader = state.leader_of[look.term - 1u];
  if (leader == 0) leader = static_cast<std::uint8_t>(node + 1);
  return leader == node + 1;
}

bool remember_committed(State& state, const Look& look) {
  for (std::size_t i = 0; i < look.commit; ++i) {
    if (state.chosen[i].term == 0) {
      state.chosen[i] = {look.log[i], look.term};
      state.voters = look.voters;
    }
    if (!is_same(look.log[i], state.chosen[i].term)) return false;
  }
  return true;
}

// With what the cluster began is in no log: who joins later does not know it.
bool remembers_voters(const State& state, const Look& look, std::size_t committed) {
  return look.commit < committed || look.voters == state.voters || look.voters == Voters{};
}

bool is_majority(unsigned nodes, unsigned voters) {
  return 2 * std::popcount(nodes & voters) > std::popcount(voters);
}

// "If a log entry is committed in a given term, then that entry will be present in the logs of the
// leaders for all higher-numbered terms."
bool leader_is_complete(const State& state, const Look& look) {
  if (!look.leads) return true;
  for (std::size_t i = 0; i < kEntriesMax && state.chosen[i].term != 0; ++i) {
    if (state.chosen[i].committed_in >= look.term) continue;
    if (i >= look.log_size || !is_same(look.log[i], state.chosen[i].term)) return false;
  }
  return true;
}

// Equal index and term: equal logs up to there.
bool logs_match(const Look& a, const Look& b) {
  std::size_t at = std::min(a.log_size, b.log_size);
  while (at > 0 && a.log[at - 1] != b.log[at - 1]) --at;
  return std::equal(a.log.begin(), a.log.begin() + static_cast<std::ptrdiff_t>(at), b.log.begin(),
                    is_same);
}

}  // namespace

std::string_view record_and_check(State& state, std::size_t changed, const Universe& universe,
                                  const Bounds& bounds) {
  const Look& own = universe.look(state.nodes[changed]);
  if (!remember_leader(state, changed, own)) return "election safety: one leader in a term";
  if (!remember_committed(state, own)) return "state-machine safety: one entry for an index";
  const std::size_t committed = chosen_count(state);
  if (!remembers_voters(state, own, committed)) {
    return "a committed change of the membership is not forgotten";
  }
  unsigned on_disk = 0;
  for (std::size_t i = 0; i < bounds.nodes; ++i) {
    const Look& look = universe.look(state.nodes[i]);
    if (!leader_is_complete(state, look)) {
      return "leader completeness: a leader has all that was committed in earlier terms";
    }
    if (!logs_match(own, look)) return "log matching: equal index and term, equal logs up to there";
    if (holds(look.disk, look.disk_size, state, committed)) on_disk |= 1u << i;
  }
  // A joint membership is committed by both sets; what comes behind it at least by the new one.
  const bool is_joint_last = own.commit == committed && own.is_change_last;
  const bool is_held = is_majority(on_disk, state.voters.votes) &&
                       (!is_joint_last || is_majority(on_disk, state.voters.voted));
  if (committed > 0 && !is_held) return "what is committed is on the disks of a majority";
  return {};
}

}  // namespace holdfast::explore
