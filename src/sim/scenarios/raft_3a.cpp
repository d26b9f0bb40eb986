// MIT 6.5840's Raft suite, part A: leader election.

#include "sim/scenarios/raft_suite.hpp"

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

void initial_election(RaftSuite& raft) {
  raft.check_one_leader();
  raft.sleep(50ms);  // followers learn of it
  const Term term = raft.check_terms();
  raft.require(term >= Term(1), "the term is less than 1");
  raft.sleep(2 * kElectionTime);
  // The course warns only, since a busy machine may cause elections; virtual time has no excuse.
  raft.require(raft.check_terms() == term, "the term changed without a fault");
  raft.check_one_leader();
}

void re_election(RaftSuite& raft) {
  const NodeId first = raft.check_one_leader();
  raft.disconnect(first);
  raft.check_one_leader();
  // Its return does not disturb the new leader.
  raft.connect(first);
  const NodeId second = raft.check_one_leader();
  // Without a quorum nobody leads.
  raft.disconnect(second);
  raft.disconnect(raft.after(second));
  raft.sleep(2 * kElectionTime);
  raft.check_no_leader();
  raft.connect(raft.after(second));
  raft.check_one_leader();
  raft.connect(second);
  raft.check_one_leader();
}

void many_elections(RaftSuite& raft) {
  raft.check_one_leader();
  for (int round = 1; round < 10; ++round) {
    const std::vector<NodeId> cut{raft.any(), raft.any(), raft.any()};
    for (const NodeId server : cut) raft.disconnect(server);
    raft.check_one_leader();
    for (const NodeId server : cut) raft.connect(server);
  }
  raft.check_one_leader();
}

}  // namespace

std::span<const Scenario> raft_3a() {
  static constexpr Scenario kScenarios[] = {
      {"InitialElection", "raft", "three servers elect a leader, and keep it",
       on_servers<initial_election, 3>},
      {"ReElection", "raft", "the leader is cut off, returns, and a quorum is lost and found",
       on_servers<re_election, 3>},
      {"ManyElections", "raft", "of seven servers any three are cut off, again and again",
       on_servers<many_elections, 7>},
  };
  return kScenarios;
}

}  // namespace holdfast::sim
