#include "cli/demo_steps.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

namespace holdfast::cli {

namespace {

using Say = DemoStep::Say;
using Clock = std::chrono::steady_clock;

void elect_leader(LocalCluster& cluster, const Say& say) {
  const auto begin = Clock::now();
  cluster.servers().start_all();
  for (int id = 1; id <= 3; ++id) {
    say(fmt::format("started node {}: clients on {}, data in {}", id,
                    cluster.servers().client_address(id).to_string(),
                    cluster.servers().data_folder(id).string()));
  }
  const int leader = cluster.wait_for_leader();
  say(fmt::format("node {} leads in term {}, {} after the start; the others agree", leader,
                  cluster.status(leader).number("term"), milliseconds_since(begin)));
}

void put_get_append(LocalCluster& cluster, const Say& say) {
  auto clerk = cluster.clerk();
  const auto put = clerk.put("greeting", "hello");
  expect(put.has_value(), "put to succeed", put ? "" : put.error().text);
  say("put greeting = hello");
  const auto length = expect_done(clerk.append("greeting", ", world"), "append");
  expect(length == 12, "a length of 12 after append", std::to_string(length));
  say("append \", world\": 12 bytes now");
  for (int id = 1; id <= 3; ++id) {
    const std::string value = cluster.ask(id, {"GET", "greeting"});
    expect(value == "hello, world", fmt::format("'hello, world' on node {}", id), value);
  }
  say("get on each of the three nodes: hello, world");
}

void write_many_keys(LocalCluster& cluster, const Say& say) {
  constexpr int kKeys = 2000;
  auto clerk = cluster.clerk();
  const auto begin = Clock::now();
  for (int i = 0; i < kKeys; ++i) {
    const auto put = clerk.put("key" + std::to_string(i), "value" + std::to_string(i));
    expect(put.has_value(), "put to succeed", put ? "" : put.error().text);
  }
  say(
      fmt::format("put {} keys, one after another, each on the disks of two nodes before its "
                  "answer, in {}",
                  kKeys, milliseconds_since(begin)));
  for (int i = 0; i < kKeys; ++i) {
    const auto value = expect_done(clerk.get("key" + std::to_string(i)), "get");
    expect(value == "value" + std::to_string(i), "the value that was put", value.value_or("nil"));
  }
  const std::string size = cluster.ask(1, {"DBSIZE"});
  expect(size == std::to_string(kKeys + 1), std::to_string(kKeys + 1) + " keys", size);
  say("read all of them back; DBSIZE says " + size);
}

void kill_leader(LocalCluster& cluster, const Say& say) {
  const int leader = cluster.wait_for_leader();
  auto clerk = cluster.clerk();
  expect_done(clerk.append("failover", "before "), "append");
  cluster.servers().kill9(leader);
  const auto begin = Clock::now();
  say(fmt::format("kill -9 of node {}, the leader", leader));
  expect_done(clerk.append("failover", "after"), "append");
  say(fmt::format("the next append was acknowledged {} after the kill", milliseconds_since(begin)));
  say(fmt::format("node {} leads now", cluster.wait_for_leader()));
  const auto value = expect_done(clerk.get("failover"), "get");
  expect(value == "before after", "'before after': nothing lost, nothing twice",
         value.value_or("nil"));
  say("what was acknowledged before is there: " + *value);
}

void restart_dead_node(LocalCluster& cluster, const Say& say) {
  for (int id = 1; id <= 3; ++id) {
    if (cluster.servers().is_running(id)) continue;
    const auto begin = Clock::now();
    cluster.servers().start(id);
    wait_until(fmt::format("node {} to answer", id), std::chrono::seconds(10), [&] {
      return client::ask_status(cluster.servers().client_address(id)).has_value();
    });
    cluster.wait_until_equal();
    say(fmt::format("node {} read its log from disk, and had caught up {} after its start", id,
                    milliseconds_since(begin)));
    return;
  }
  throw NotAsExpected("expected: a dead node\nseen: all run");
}

// Appends "client:number;" again and again; returns at the first failure.
void append_numbers(LocalCluster& cluster, int client, int count, std::atomic<int>& done,
                    std::string& failure) {
  auto clerk = cluster.clerk();
  for (int i = 0; i < count; ++i) {
    const auto length = clerk.append("shared", fmt::format("{}:{};", client, i));
    if (!length) {
      failure = length.error().text;
      return;
    }
    ++done;
  }
}

void expect_each_once(const std::string& value, int clients, int count) {
  for (int client = 0; client < clients; ++client) {
    std::size_t last = 0;
    for (int i = 0; i < count; ++i) {
      const std::string mark = fmt::format(";{}:{};", client, i);
      const std::size_t at = value.find(mark);
      expect(at != std::string::npos, mark + " to be there", "it is lost");
      expect(value.find(mark, at + 1) == std::string::npos, mark + " to be there once", "twice");
      expect(at >= last, mark + " after its predecessor", "before it");
      last = at;
    }
  }
}

void append_concurrently(LocalCluster& cluster, const Say& say) {
  constexpr int kClients = 4;
  constexpr int kAppends = 500;
  expect_done(cluster.clerk().append("shared", ";"), "append");
  std::atomic<int> done = 0;
  std::vector<std::string> failures(kClients);
  int killed = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&, i] { append_numbers(cluster, i, kAppends, done, failures[i]); });
    }
    wait_until("a quarter of the appends", std::chrono::seconds(30),
               [&] { return done >= kClients * kAppends / 4; });
    killed = cluster.wait_for_leader();
    cluster.servers().kill9(killed);
  }
  for (const std::string& failure : failures) expect(failure.empty(), "every append", failure);
  const auto value = expect_done(cluster.clerk().get("shared"), "get");
  expect_each_once(value.value_or(""), kClients, kAppends);
  say(
      fmt::format("{} clients appended {} times each to one key, while node {}, the leader, was "
                  "killed",
                  kClients, kAppends, killed));
  say(fmt::format("each of the {} appends is there exactly once, in its client's order",
                  kClients * kAppends));
  cluster.servers().start(killed);
  cluster.wait_for_leader();
  say(fmt::format("node {} is back", killed));
}

void cut_network(LocalCluster& cluster, const Say& say) {
  const int minority = cluster.wait_for_leader();
  const std::vector<int> majority = cluster.others(minority);
  const std::string cut = cluster.ask(
      minority, {"RAFT", "CUT", std::to_string(majority[0]), std::to_string(majority[1])});
  expect(cut == "OK", "OK to RAFT CUT", cut);
  say(fmt::format("cut node {}, the leader, from nodes {} and {}", minority, majority[0],
                  majority[1]));

  const auto begin = Clock::now();
  wait_until("the majority to elect a leader", std::chrono::seconds(10), [&] {
    return cluster.status(majority[0]).leads() || cluster.status(majority[1]).leads();
  });
  const std::string put = cluster.ask(majority[0], {"SET", "partition", "majority"});
  expect(put == "OK", "the majority to go on", put);
  say(fmt::format("the majority elected another and took a write, {} after the cut",
                  milliseconds_since(begin)));

  const std::string write = cluster.ask(minority, {"SET", "minority", "1"});
  expect(write.starts_with("(error)"), "the minority to refuse a write", write);
  const std::string read = cluster.ask(minority, {"GET", "partition"});
  expect(read.starts_with("(error)"), "the minority to refuse a read", read);
  say("the minority refuses: SET " + write + ", GET " + read);
}

void heal_network(LocalCluster& cluster, const Say& say) {
  for (int id = 1; id <= 3; ++id) {
    const std::string healed = cluster.ask(id, {"RAFT", "HEAL"});
    expect(healed == "OK", "OK to RAFT HEAL", healed);
  }
  const auto begin = Clock::now();
  const int leader = cluster.wait_for_leader();
  for (int id = 1; id <= 3; ++id) {
    const std::string value = cluster.ask(id, {"GET", "partition"});
    expect(value == "majority", fmt::format("'majority' on node {}", id), value);
  }
  say(fmt::format("healed: node {} leads, and all three answer with the majority's value, {} after",
                  leader, milliseconds_since(begin)));
}

void compare_replicas(LocalCluster& cluster, const Say& say) {
  cluster.wait_until_equal();
  for (int id = 1; id <= 3; ++id) {
    const client::NodeStatus status = cluster.status(id);
    say(fmt::format("node {}: {:<8} applied {}, digest {}", id, status.text("role"),
                    status.number("applied_index"), status.text("digest")));
  }
}

void stop_cleanly(LocalCluster& cluster, const Say& say) {
  const int leader = cluster.wait_for_leader();
  const int code = cluster.servers().terminate(leader);
  expect(code == 0, "exit code 0", std::to_string(code));
  const auto begin = Clock::now();
  say(fmt::format("SIGTERM to node {}: it handed over and ended; node {} leads, {} later", leader,
                  cluster.wait_for_leader(), milliseconds_since(begin)));
  for (const int id : cluster.others(leader)) {
    const int exit_code = cluster.servers().terminate(id);
    expect(exit_code == 0, fmt::format("exit code 0 of node {}", id), std::to_string(exit_code));
  }
  say("SIGTERM to the others: they ended cleanly too");
}

}  // namespace

std::vector<DemoStep> demo_steps() {
  return {{"Leader election", elect_leader},
          {"Put, get, append", put_get_append},
          {"Many keys", write_many_keys},
          {"Failover: the leader is killed", kill_leader},
          {"The dead node comes back", restart_dead_node},
          {"Concurrent clients, exactly once", append_concurrently},
          {"A network partition", cut_network},
          {"The partition heals", heal_network},
          {"All replicas are equal", compare_replicas},
          {"A clean end", stop_cleanly}};
}

}  // namespace holdfast::cli
