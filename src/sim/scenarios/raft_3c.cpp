// MIT 6.5840's Raft suite, part C: persistence.

#include <algorithm>

#include "sim/scenarios/churn_client.hpp"
#include "sim/scenarios/raft_suite.hpp"

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

void restart_and_connect(RaftSuite& raft, NodeId server) {
  raft.restart(server);
  raft.connect(server);
}

void persist1(RaftSuite& raft) {
  raft.one(11, 3, Retry::kYes);
  for (const NodeId server : raft.servers()) raft.restart(server);
  raft.connect_all();
  raft.one(12, 3, Retry::kYes);
  const NodeId first = raft.check_one_leader();
  restart_and_connect(raft, first);
  raft.one(13, 3, Retry::kYes);
  const NodeId second = raft.check_one_leader();
  raft.disconnect(second);
  raft.one(14, 2, Retry::kYes);
  restart_and_connect(raft, second);
  raft.wait(4, 3);  // it has caught up
  const NodeId follower = raft.after(raft.check_one_leader());
  raft.disconnect(follower);
  raft.one(15, 2, Retry::kYes);
  restart_and_connect(raft, follower);
  raft.one(16, 3, Retry::kYes);
}

void persist2(RaftSuite& raft) {
  int command = 11;
  for (int round = 0; round < 5; ++round) {
    raft.one(command++, 5, Retry::kYes);
    const NodeId leader = raft.check_one_leader();
    const auto neighbour = [&](std::size_t steps) { return raft.after(leader, steps); };
    for (const std::size_t steps : {1, 2}) raft.disconnect(neighbour(steps));
    raft.one(command++, 3, Retry::kYes);
    for (const std::size_t steps : {0, 3, 4}) raft.disconnect(neighbour(steps));
    for (const std::size_t steps : {1, 2}) restart_and_connect(raft, neighbour(steps));
    raft.sleep(kElectionTime);
    restart_and_connect(raft, neighbour(3));
    raft.one(command++, 3, Retry::kYes);
    for (const std::size_t steps : {4, 0}) raft.connect(neighbour(steps));
  }
  raft.one(1000, 5, Retry::kYes);
}

void persist3(RaftSuite& raft) {
  raft.one(101, 3, Retry::kYes);
  const NodeId leader = raft.check_one_leader();
  const NodeId follower = raft.after(leader, 1);
  const NodeId stale = raft.after(leader, 2);
  raft.disconnect(stale);
  raft.one(102, 2, Retry::kYes);
  raft.crash(leader);
  raft.crash(follower);
  // Of these two only the old leader has 102, and may be elected.
  raft.connect(stale);
  restart_and_connect(raft, leader);
  raft.one(103, 2, Retry::kYes);
  restart_and_connect(raft, follower);
  raft.one(104, 3, Retry::kYes);
}

// Mostly a moment, at times long enough for an election.
Duration figure8_pause(Dice& dice) {
  return (dice.chance(0.1) ? dice.between(0, 499) : dice.between(0, 12)) * 1ms;
}

void crash_leaders(RaftSuite& raft) {
  std::size_t up = raft.servers().size();
  for (int round = 0; round < 1000; ++round) {
    NodeId leader;
    for (const NodeId server : raft.servers()) {
      if (raft.start(server, raft.any_command()).accepted) leader = server;
    }
    raft.sleep(figure8_pause(raft.dice()));
    if (leader) {
      raft.crash(leader);
      --up;
    }
    const NodeId lucky = raft.any();
    if (up < 3 && !raft.is_running(lucky)) {
      restart_and_connect(raft, lucky);
      ++up;
    }
  }
}

void restart_crashed(RaftSuite& raft) {
  for (const NodeId server : raft.servers()) {
    if (!raft.is_running(server)) restart_and_connect(raft, server);
  }
}

void figure8(RaftSuite& raft) {
  raft.one(raft.any_command(), 1, Retry::kYes);
  crash_leaders(raft);
  restart_crashed(raft);
  raft.one(raft.any_command(), 5, Retry::kYes);
}

// Ours. On a fast network an entry of an earlier term arrives together with the new leader's
// no-op, and which of them counts makes no difference; here a leader can crash in between.
void figure8_slow(RaftSuite& raft) {
  Weather slow;
  slow.delay_max = 100ms;
  slow.uniform = true;
  raft.set_network(slow);
  raft.set_entries_per_append(1);
  raft.one(raft.any_command(), 1, Retry::kYes);
  crash_leaders(raft);
  raft.set_network(mit_reliable());
  restart_crashed(raft);
  raft.one(raft.any_command(), 5, Retry::kYes);
}

void unreliable_agree(RaftSuite& raft) {
  raft.set_network(mit_unreliable());
  for (int round = 1; round < 50; ++round) {
    for (int n = 0; n < 4; ++n) raft.begin_one(100 * round + n, 1);
    raft.one(round, 1, Retry::kYes);
  }
  raft.set_network(mit_reliable());
  raft.finish_all();
  raft.one(100, 5, Retry::kYes);
}

void figure8_unreliable(RaftSuite& raft) {
  raft.set_network(mit_unreliable());
  raft.one(raft.any_command(), 1, Retry::kYes);
  std::size_t connected = raft.servers().size();
  for (int round = 0; round < 1000; ++round) {
    if (round == 200) raft.set_network(mit_long_reordering());
    NodeId leader;
    for (const NodeId server : raft.servers()) {
      const bool accepted = raft.start(server, raft.any_command()).accepted;
      if (accepted && raft.is_connected(server)) leader = server;
    }
    raft.sleep(figure8_pause(raft.dice()));
    if (leader && raft.dice().chance(0.5)) {
      raft.disconnect(leader);
      --connected;
    }
    const NodeId lucky = raft.any();
    if (connected < 3 && !raft.is_connected(lucky)) {
      raft.connect(lucky);
      ++connected;
    }
  }
  raft.connect_all();
  raft.one(raft.any_command(), 5, Retry::kYes);
}

// Rarely enough that servers often keep up, but not so rarely that all has settled in between.
void churn_servers(RaftSuite& raft) {
  for (int round = 0; round < 20; ++round) {
    if (raft.dice().chance(0.2)) raft.disconnect(raft.any());
    if (raft.dice().chance(0.5)) {
      const NodeId server = raft.any();
      if (!raft.is_running(server)) raft.restart(server);
      raft.connect(server);
    }
    if (raft.dice().chance(0.2)) {
      const NodeId server = raft.any();
      if (raft.is_running(server)) raft.crash(server);
    }
    raft.sleep(kElectionTime * 7 / 10);
  }
  raft.sleep(kElectionTime);
  raft.set_network(mit_reliable());
  restart_crashed(raft);
  raft.connect_all();
}

void check_log_holds(RaftSuite& raft, const std::vector<std::string>& commands) {
  const std::uint64_t last = raft.one(raft.any_command(), 5, Retry::kYes);
  std::set<std::string> log;
  for (std::uint64_t index = 1; index <= last; ++index) log.insert(*raft.wait(index, 5));
  for (const std::string& command : commands) {
    raft.require(log.contains(command), "a command that was seen committed is lost");
  }
}

void churn(RaftSuite& raft) {
  std::vector<std::unique_ptr<ChurnClient>> clients;
  for (int number = 0; number < 3; ++number) {
    clients.push_back(std::make_unique<ChurnClient>(raft, number));
    clients.back()->begin();
  }
  churn_servers(raft);
  std::vector<std::string> seen;
  for (const auto& client : clients) client->stop();
  for (const auto& client : clients) {
    while (!client->is_done()) raft.cluster().step();
    seen.insert(seen.end(), client->committed().begin(), client->committed().end());
  }
  raft.note("seen_committed", seen.size());
  raft.sleep(kElectionTime);
  check_log_holds(raft, seen);
}

void unreliable_churn(RaftSuite& raft) {
  raft.set_network(mit_unreliable());
  churn(raft);
}

}  // namespace

std::span<const Scenario> raft_3c() {
  static constexpr Scenario kScenarios[] = {
      {"Persist1", "raft", "all servers restart, then the leader, then a follower",
       on_servers<persist1, 3>},
      {"Persist2", "raft", "of five servers two groups of three overlap in a restarted one",
       on_servers<persist2, 5>},
      {"Persist3", "raft", "a restarted leader and a stale server keep what was committed",
       on_servers<persist3, 3>},
      {"Figure8", "raft", "leaders crash before and after they commit (Raft figure 8)",
       on_servers<figure8, 5>},
      {"Figure8Slow", "holdfast", "the same, on a slow network that carries one entry at a time",
       on_servers<figure8_slow, 5>},
      {"UnreliableAgree", "raft", "five commands at once, on a network that loses messages",
       on_servers<unreliable_agree, 5>},
      {"Figure8Unreliable", "raft", "leaders are cut off, and answers come very late",
       on_servers<figure8_unreliable, 5>},
      {"ReliableChurn", "raft", "clients while servers crash, start and are cut off",
       on_servers<churn, 5>},
      {"UnreliableChurn", "raft", "the same on a network that loses messages",
       on_servers<unreliable_churn, 5>},
  };
  return kScenarios;
}

}  // namespace holdfast::sim
