#pragma once

#include "sim/scenarios/kv_suite.hpp"

namespace holdfast::sim {

// A row of the course's table.
struct GenericTest {
  std::size_t clients = 1;
  std::size_t servers = 5;
  bool unreliable = false;
  bool crash = false;
  bool partitions = false;
  bool random_keys = false;
  std::optional<std::size_t> max_raft_state = {};
};

// The course's GenericTest: three rounds, in each of which clients append and read for five
// seconds, one operation after the other, while servers are parted; then all servers are stopped
// and started again.
//
// A client with a key of its own knows what each Get must give; after each round its key holds
// each of its appends once and in order, and the servers' logs are short or there are no snapshots,
// as KvSetting::max_raft_state says. With random keys clients put as well, and share the keys.
void run_generic_test(ScenarioRun& run, const GenericTest& test);
// A thousand appends one after the other, faster than heartbeats would carry them.
void run_speed_test(ScenarioRun& run, std::optional<std::size_t> max_raft_state);

}  // namespace holdfast::sim
