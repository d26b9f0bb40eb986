// MIT 6.5840's key/value suite, part A: without snapshots.

#include "sim/scenarios/kv_generic.hpp"

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

// From the n-th on, one after the other.
void append_all(PatientClerk& clerk, std::uint64_t client, std::uint64_t n, std::uint64_t count) {
  if (n == count) return;
  clerk.append("k", append_text(client, n), [&clerk, client, n, count](const std::string&) {
    append_all(clerk, client, n + 1, count);
  });
}

void unreliable_one_key(ScenarioRun& run) {
  constexpr std::uint64_t kClients = 5;
  constexpr std::uint64_t kAppends = 10;
  KvSuite kv(run, {.servers = 3, .unreliable = true});
  const auto reader = kv.clerk();
  kv.put(*reader, "k", "");
  std::vector<std::unique_ptr<PatientClerk>> clerks;
  for (std::uint64_t client = 0; client < kClients; ++client) {
    clerks.push_back(kv.clerk());
    append_all(*clerks.back(), client, 0, kAppends);
  }
  for (const auto& clerk : clerks) kv.wait_until([&] { return clerk->is_idle(); });
  const std::string value = kv.get(*reader, "k");
  for (std::uint64_t client = 0; client < kClients; ++client) {
    check_appends(value, client, kAppends);
  }
  kv.end();
}

void one_partition(ScenarioRun& run) {
  KvSuite kv(run, {.servers = 5});
  const auto clerk = kv.clerk();
  kv.put(*clerk, "1", "13");
  const auto [majority, minority] = kv.part_with_leader_in_minority();
  const auto in_majority = kv.clerk_to(majority);
  const auto writer = kv.clerk_to(minority);
  const auto reader = kv.clerk_to(minority);

  kv.put(*in_majority, "1", "14");
  kv.expect(*in_majority, "1", "14");

  writer->put("1", "15");
  reader->get("1");
  kv.sleep(1s);
  kv.require(!writer->is_idle(), "a Put in the minority was answered");
  kv.require(!reader->is_idle(), "a Get in the minority was answered");
  kv.expect(*in_majority, "1", "14");
  kv.put(*in_majority, "1", "16");
  kv.expect(*in_majority, "1", "16");

  kv.connect_all();
  kv.sleep(KvSuite::kElection);
  // The course looks for the Get without waiting; here it must end as well.
  kv.require(kv.within(3s, [&] { return writer->is_idle(); }), "the Put did not end after healing");
  kv.require(kv.within(3s, [&] { return reader->is_idle(); }), "the Get did not end after healing");
  kv.expect(*clerk, "1", "15");
  kv.end();
}

}  // namespace

std::span<const Scenario> kv_4a() {
  static constexpr Scenario kScenarios[] = {
      {"Basic4A", "kv", "one client",
       [](ScenarioRun& run) { run_generic_test(run, {.clients = 1}); }},
      {"Speed4A", "kv", "a thousand appends, without waiting for heartbeats",
       [](ScenarioRun& run) { run_speed_test(run, {}); }},
      {"Concurrent4A", "kv", "five clients",
       [](ScenarioRun& run) { run_generic_test(run, {.clients = 5}); }},
      {"Unreliable4A", "kv", "five clients, unreliable network",
       [](ScenarioRun& run) { run_generic_test(run, {.clients = 5, .unreliable = true}); }},
      {"UnreliableOneKey4A", "kv", "five clients append to one key, unreliable network",
       unreliable_one_key},
      {"OnePartition4A", "kv", "progress in the majority, none in the minority until it heals",
       one_partition},
      {"ManyPartitionsOneClient4A", "kv", "one client, servers parted at random",
       [](ScenarioRun& run) { run_generic_test(run, {.clients = 1, .partitions = true}); }},
      {"ManyPartitionsManyClients4A", "kv", "five clients, servers parted at random",
       [](ScenarioRun& run) { run_generic_test(run, {.clients = 5, .partitions = true}); }},
      {"PersistOneClient4A", "kv", "one client, all servers stop and start",
       [](ScenarioRun& run) { run_generic_test(run, {.clients = 1, .crash = true}); }},
      {"PersistConcurrent4A", "kv", "five clients, all servers stop and start",
       [](ScenarioRun& run) { run_generic_test(run, {.clients = 5, .crash = true}); }},
      {"PersistConcurrentUnreliable4A", "kv",
       "five clients, unreliable network, all servers stop and start",
       [](ScenarioRun& run) {
         run_generic_test(run, {.clients = 5, .unreliable = true, .crash = true});
       }},
      {"PersistPartition4A", "kv", "five clients, servers parted at random, all stop and start",
       [](ScenarioRun& run) {
         run_generic_test(run, {.clients = 5, .crash = true, .partitions = true});
       }},
      {"PersistPartitionUnreliable4A", "kv",
       "five clients, unreliable network, servers parted at random, all stop and start",
       [](ScenarioRun& run) {
         run_generic_test(run,
                          {.clients = 5, .unreliable = true, .crash = true, .partitions = true});
       }},
      {"PersistPartitionUnreliableLinearizable4A", "kv",
       "the same with fifteen clients, seven servers, random keys",
       [](ScenarioRun& run) {
         run_generic_test(run, {.clients = 15,
                                .servers = 7,
                                .unreliable = true,
                                .crash = true,
                                .partitions = true,
                                .random_keys = true});
       }},
  };
  return kScenarios;
}

}  // namespace holdfast::sim
