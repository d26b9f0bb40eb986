#include "explore/properties.hpp"

#include <algorithm>

namespace holdfast::explore {

namespace {

using Terms = std::array<std::uint8_t, kEntriesMax>;

// Logs as terms: an entry is known by its index and term, since a term has one leader, who only
// appends. Both of which are checked.
bool holds(const Terms& terms, std::size_t size, const State& state, std::size_t entries) {
  if (size < entries) return false;
  for (std::size_t i = 0; i < entries; ++i) {
    if (terms[i] != state.chosen[i].term) return false;
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
    if (state.chosen[i].term == 0) state.chosen[i] = {look.log[i], look.term};
    if (state.chosen[i].term != look.log[i]) return false;
  }
  return true;
}

// "If a log entry is committed in a given term, then that entry will be present in the logs of the
// leaders for all higher-numbered terms."
bool leader_is_complete(const State& state, const Look& look) {
  if (!look.leads) return true;
  for (std::size_t i = 0; i < kEntriesMax && state.chosen[i].term != 0; ++i) {
    if (state.chosen[i].committed_in >= look.term) continue;
    if (i >= look.log_size || look.log[i] != state.chosen[i].term) return false;
  }
  return true;
}

// Equal index and term: equal logs up to there.
bool logs_match(const Look& a, const Look& b) {
  std::size_t at = std::min(a.log_size, b.log_size);
  while (at > 0 && a.log[at - 1] != b.log[at - 1]) --at;
  return std::equal(a.log.begin(), a.log.begin() + static_cast<std::ptrdiff_t>(at), b.log.begin());
}

}  // namespace

std::string_view record_and_check(State& state, std::size_t changed, const Universe& universe,
                                  const Bounds& bounds) {
  const Look& own = universe.look(state.nodes[changed]);
  if (!remember_leader(state, changed, own)) return "election safety: one leader in a term";
  if (!remember_committed(state, own)) return "state-machine safety: one entry for an index";
  const std::size_t committed = chosen_count(state);
  std::size_t on_disk = 0;
  for (std::size_t i = 0; i < bounds.nodes; ++i) {
    const Look& look = universe.look(state.nodes[i]);
    if (!leader_is_complete(state, look)) {
      return "leader completeness: a leader has all that was committed in earlier terms";
    }
    if (!logs_match(own, look)) return "log matching: equal index and term, equal logs up to there";
    if (holds(look.disk, look.disk_size, state, committed)) ++on_disk;
  }
  if (on_disk <= bounds.nodes / 2) return "what is committed is on the disks of a majority";
  return {};
}

}  // namespace holdfast::explore
