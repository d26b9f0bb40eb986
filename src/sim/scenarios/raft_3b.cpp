// MIT 6.5840's Raft suite, part B: the log.

#include <algorithm>

#include "sim/scenarios/raft_suite.hpp"

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

// Tries of a scenario that counts what one term costs: the term may change, but not each time.
constexpr int kTries = 5;
constexpr Duration kBetweenTries = 3s;

void basic_agree(RaftSuite& raft) {
  for (std::uint64_t index = 1; index <= 3; ++index) {
    raft.require(raft.committed_on(index) == 0, "committed before it was started");
    raft.require(raft.one(index * 100, 3, Retry::kNo) == index, "not the next index");
  }
}

void rpc_bytes(RaftSuite& raft) {
  constexpr std::uint64_t kCommands = 10;
  constexpr std::uint64_t kCommandBytes = 5000;
  raft.one(99, 3, Retry::kNo);
  const std::uint64_t before = raft.bytes();
  for (std::uint64_t index = 2; index < kCommands + 2; ++index) {
    std::string command(kCommandBytes, ' ');
    std::ranges::generate(command, [&] { return static_cast<char>(raft.dice().below(256)); });
    raft.require(raft.one(command, 3, Retry::kNo) == index, "not the next index");
  }
  const std::uint64_t cost = raft.bytes() - before;
  raft.note("command_bytes", cost);
  raft.require(cost <= 3 * kCommands * kCommandBytes + 50'000, "an entry travels more than once");
}

void follower_failure(RaftSuite& raft) {
  raft.one(101, 3, Retry::kNo);
  const NodeId first = raft.check_one_leader();
  raft.disconnect(raft.after(first));
  raft.one(102, 2, Retry::kNo);
  raft.sleep(kElectionTime);
  raft.one(103, 2, Retry::kNo);
  const NodeId leader = raft.check_one_leader();
  raft.disconnect(raft.after(leader, 1));
  raft.disconnect(raft.after(leader, 2));
  const auto started = raft.start(leader, 104);
  raft.require(started.accepted && started.index == 4, "the leader did not accept index 4");
  raft.sleep(2 * kElectionTime);
  raft.check_no_agreement(started.index);
}

void leader_failure(RaftSuite& raft) {
  raft.one(101, 3, Retry::kNo);
  raft.disconnect(raft.check_one_leader());
  raft.one(102, 2, Retry::kNo);
  raft.sleep(kElectionTime);
  raft.one(103, 2, Retry::kNo);
  raft.disconnect(raft.check_one_leader());
  for (const NodeId server : raft.servers()) raft.start(server, 104);
  raft.sleep(2 * kElectionTime);
  raft.check_no_agreement(4);
}

void fail_agree(RaftSuite& raft) {
  raft.one(101, 3, Retry::kNo);
  const NodeId follower = raft.after(raft.check_one_leader());
  raft.disconnect(follower);
  raft.one(102, 2, Retry::kNo);
  raft.one(103, 2, Retry::kNo);
  raft.sleep(kElectionTime);
  raft.one(104, 2, Retry::kNo);
  raft.one(105, 2, Retry::kNo);
  raft.connect(follower);
  raft.one(106, 3, Retry::kYes);
  raft.sleep(kElectionTime);
  raft.one(107, 3, Retry::kYes);
}

void fail_no_agree(RaftSuite& raft) {
  raft.one(10, 5, Retry::kNo);
  const NodeId leader = raft.check_one_leader();
  for (const std::size_t steps : {1, 2, 3}) raft.disconnect(raft.after(leader, steps));
  const auto lone = raft.start(leader, 20);
  raft.require(lone.accepted && lone.index == 2, "the leader did not accept index 2");
  raft.sleep(2 * kElectionTime);
  raft.check_no_agreement(lone.index);
  for (const std::size_t steps : {1, 2, 3}) raft.connect(raft.after(leader, steps));
  // The majority may have chosen a leader of its own, which has no index 2.
  const auto repaired = raft.start(raft.check_one_leader(), 30);
  raft.require(repaired.accepted, "the leader did not accept a command");
  raft.require(repaired.index == 2 || repaired.index == 3, "neither index 2 nor 3");
  raft.one(1000, 5, Retry::kYes);
}

bool all_in_term(RaftSuite& raft, Term term) {
  return std::ranges::all_of(raft.servers(),
                             [&](NodeId server) { return raft.term_of(server) == term; });
}

// Started within a moment of each other, in any order; their indexes.
std::vector<std::uint64_t> start_at_once(RaftSuite& raft, NodeId leader, Term term,
                                         std::vector<std::uint64_t> commands) {
  raft.dice().shuffle(commands);
  std::vector<std::uint64_t> indexes;
  for (const std::uint64_t command : commands) {
    raft.sleep(raft.dice().between(0us, 100us));
    const auto started = raft.start(leader, command);
    if (started.accepted && started.term == term) indexes.push_back(started.index);
  }
  return indexes;
}

// False: the term changed meanwhile, and nothing can be said.
bool try_concurrent_starts(RaftSuite& raft) {
  const std::vector<std::uint64_t> commands{100, 101, 102, 103, 104};
  const NodeId leader = raft.check_one_leader();
  const auto first = raft.start(leader, 1);
  if (!first.accepted) return false;
  const auto indexes = start_at_once(raft, leader, first.term, commands);
  if (!all_in_term(raft, first.term)) return false;
  std::set<std::string> committed;
  for (const std::uint64_t index : indexes) {
    const auto command = raft.wait(index, 3, first.term);
    if (!command) return false;
    committed.insert(*command);
  }
  for (const std::uint64_t command : commands) {
    raft.require(committed.contains(std::to_string(command)), "a concurrent command is missing");
  }
  return true;
}

void retry_while_term_changes(RaftSuite& raft, bool (*attempt)(RaftSuite&)) {
  for (int tries = 0; tries < kTries; ++tries) {
    if (tries > 0) raft.sleep(kBetweenTries);
    if (attempt(raft)) return;
  }
  raft.require(false, "the term changed too often");
}

void concurrent_starts(RaftSuite& raft) {
  retry_while_term_changes(raft, try_concurrent_starts);
}

void rejoin(RaftSuite& raft) {
  raft.one(101, 3, Retry::kYes);
  const NodeId first = raft.check_one_leader();
  raft.disconnect(first);
  for (const int lone : {102, 103, 104}) raft.start(first, lone);
  raft.one(103, 2, Retry::kYes);
  const NodeId second = raft.check_one_leader();
  raft.disconnect(second);
  raft.connect(first);
  raft.one(104, 2, Retry::kYes);
  raft.connect(second);
  raft.one(105, 3, Retry::kYes);
}

constexpr int kDivergence = 50;

void start_many(RaftSuite& raft, NodeId leader) {
  for (int n = 0; n < kDivergence; ++n) raft.start(leader, raft.any_command());
}

void agree_on_many(RaftSuite& raft, std::size_t servers) {
  for (int n = 0; n < kDivergence; ++n) raft.one(raft.any_command(), servers, Retry::kYes);
}

void backup(RaftSuite& raft) {
  raft.one(raft.any_command(), 5, Retry::kYes);
  // The leader and one follower take commands that can't be committed.
  const NodeId first = raft.check_one_leader();
  const std::vector<NodeId> others{raft.after(first, 2), raft.after(first, 3),
                                   raft.after(first, 4)};
  for (const NodeId server : others) raft.disconnect(server);
  start_many(raft, first);
  raft.sleep(kElectionTime / 2);
  // The other three agree on many.
  raft.disconnect(first);
  raft.disconnect(raft.after(first));
  for (const NodeId server : others) raft.connect(server);
  agree_on_many(raft, 3);
  // One of them is cut off, and their leader takes commands that can't be committed.
  const NodeId second = raft.check_one_leader();
  const NodeId third = second == others[0] ? raft.after(second) : others[0];
  raft.disconnect(third);
  start_many(raft, second);
  raft.sleep(kElectionTime / 2);
  // That one and the first two agree on many more; then all join.
  for (const NodeId server : raft.servers()) raft.disconnect(server);
  for (const NodeId server : {first, raft.after(first), third}) raft.connect(server);
  agree_on_many(raft, 3);
  raft.connect_all();
  raft.one(raft.any_command(), 5, Retry::kYes);
}

// False: the term changed meanwhile, and nothing can be said.
bool try_count(RaftSuite& raft) {
  constexpr std::uint64_t kCommands = 10;
  const NodeId leader = raft.check_one_leader();
  const std::uint64_t before = raft.rpcs();
  const auto first = raft.start(leader, 1);
  if (!first.accepted) return false;
  std::vector<Command> commands;
  for (std::uint64_t n = 1; n < kCommands + 2; ++n) {
    commands.push_back(raft.any_command());
    const auto started = raft.start(leader, commands.back());
    if (!started.accepted || started.term != first.term) return false;
    raft.require(started.index == first.index + n, "not the next index");
  }
  for (std::uint64_t n = 1; n < kCommands + 1; ++n) {
    const auto command = raft.wait(first.index + n, 3, first.term);
    if (!command) return false;
    raft.require(*command == commands[n - 1].bytes, "another command's index");
  }
  if (!all_in_term(raft, first.term)) return false;
  const std::uint64_t cost = raft.rpcs() - before;
  raft.note("agreement_rpcs", cost);
  raft.require(cost <= (kCommands + 1 + 3) * 3, "too many RPCs for ten commands");
  return true;
}

void count(RaftSuite& raft) {
  raft.check_one_leader();
  const std::uint64_t election = raft.rpcs();
  raft.note("election_rpcs", election);
  raft.require(election >= 1 && election <= 30, "too many or too few RPCs for an election");
  retry_while_term_changes(raft, try_count);
  const std::uint64_t before = raft.rpcs();
  raft.sleep(kElectionTime);
  const std::uint64_t idle = raft.rpcs() - before;
  raft.note("idle_rpcs", idle);
  raft.require(idle <= 3 * 20, "too many RPCs for a second of idleness");
}

}  // namespace

std::span<const Scenario> raft_3b() {
  static constexpr Scenario kScenarios[] = {
      {"BasicAgree", "raft", "three commands get the first three indexes",
       on_servers<basic_agree, 3>},
      {"RPCBytes", "raft", "each command travels to each server once", on_servers<rpc_bytes, 3>},
      {"FollowerFailure", "raft", "two of three go on, one alone commits nothing",
       on_servers<follower_failure, 3>},
      {"LeaderFailure", "raft", "two leaders are cut off in turn, the last server commits nothing",
       on_servers<leader_failure, 3>},
      {"FailAgree", "raft", "a follower returns and agrees on what it missed",
       on_servers<fail_agree, 3>},
      {"FailNoAgree", "raft", "a leader without a majority commits nothing, and is repaired",
       on_servers<fail_no_agree, 5>},
      {"ConcurrentStarts", "raft", "commands started at once are all committed",
       on_servers<concurrent_starts, 3>},
      {"Rejoin", "raft", "a leader that took commands alone loses them when it returns",
       on_servers<rejoin, 3>},
      {"Backup", "raft", "logs that parted for fifty entries, twice, are made one quickly",
       on_servers<backup, 5>},
      {"Count", "raft", "elections, agreements and idleness cost few RPCs", on_servers<count, 3>},
  };
  return kScenarios;
}

}  // namespace holdfast::sim
