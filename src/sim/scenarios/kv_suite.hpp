#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cluster.hpp"
#include "sim/recorder.hpp"
#include "sim/scenario.hpp"
#include "sim/scenarios/patient_clerk.hpp"

namespace holdfast::sim {

struct KvSetting {
  std::size_t servers = 5;
  bool unreliable = false;
  // A server makes a snapshot when its log takes more than this; none: never (the course's
  // maxraftstate, and -1).
  std::optional<std::size_t> max_raft_state = {};
  // A laptop's. Clients that never rest do thousands of operations in a round even so.
  DiskSpeed disk_speed = {.sync_min = std::chrono::milliseconds(2),
                          .sync_max = std::chrono::milliseconds(20)};
  Duration time_limit = std::chrono::seconds(120);
};

// The verbs of MIT 6.5840's key/value suite (the harness's `config`), with its times and counts, on
// whole production servers with production's default settings and production Clerks: Put is SET,
// Append APPEND, Get GET. Whatever is demanded and not seen throws ScenarioFailure; the
// simulator's monitor watches throughout.
//
// Where our servers differ, this is how the suite's words are meant:
//  - An unreliable network between servers is mit_unreliable(). Clients have connections, which
//    lose nothing, so there a request that is lost is one within which the connection breaks, and
//    a lost reply is a connection that breaks within the reply, after the command was executed:
//    each with labrpc's p = 0.1, and as there the client learns of it at once. What travels takes
//    up to labrpc's 26 ms, in either direction.
//  - Across a cut link nothing arrives, and nobody is told; labrpc says so after up to 99 ms. A
//    Clerk asks another server after 2 s.
//  - A server that is stopped is killed or loses power, by chance.
//  - The size of the Raft state is that of the log in memory: what its entries' payloads take, and
//    32 bytes for each. A server has a second to make a snapshot before that is demanded.
//  - Time is virtual, so the limit of 120 s is one on what the scenario waits for. Scenarios of our
//    own may have another.
class KvSuite {
 public:
  KvSuite(ScenarioRun& run, const KvSetting& setting);
  // Fills in the run's figures.
  ~KvSuite();
  KvSuite(const KvSuite&) = delete;
  KvSuite& operator=(const KvSuite&) = delete;

  // A new Clerk that reaches all servers, or these alone. It goes before the suite does.
  std::unique_ptr<PatientClerk> clerk();
  std::unique_ptr<PatientClerk> clerk_to(const std::vector<NodeId>& servers);

  // Operations from their start to their answer.
  void put(PatientClerk& clerk, const std::string& key, const std::string& value);
  void append(PatientClerk& clerk, const std::string& key, const std::string& value);
  std::string get(PatientClerk& clerk, const std::string& key);
  void expect(PatientClerk& clerk, const std::string& key, std::string_view value);
  // A number that a server tells of itself: a line of INFO.
  std::uint64_t info(PatientClerk& clerk, std::string_view line);

  void sleep(Duration time);
  void wait_until(const std::function<bool()>& condition);
  // False: it did not come true in this time.
  bool within(Duration time, const std::function<bool()>& condition);

  const std::vector<NodeId>& servers() const { return cluster_.nodes(); }
  void stop_all();
  void start_all();
  // Servers reach each other within these sides only.
  void partition(const std::vector<std::vector<NodeId>>& sides);
  // Servers and clients reach all.
  void connect_all();
  // The leader and, by number, the last of the others are in the minority.
  struct Sides {
    std::vector<NodeId> majority, minority;
  };
  Sides part_with_leader_in_minority();

  Cluster& cluster() { return cluster_; }
  Dice& dice() { return dice_; }
  void note(const std::string& figure, std::uint64_t value) { run_.figures[figure] = value; }
  // Logs are short, or soon are, if servers make snapshots; else there is none.
  void check_raft_state();
  void check_snapshots_below(std::size_t bytes);
  // How often a server has put a snapshot from another one in the place of its state.
  std::uint64_t snapshots_received() const;
  static void require(bool holds, const std::string& what);
  // The last of the demands: the recorded history is linearizable, and no server ended by itself.
  // A search that exceeds its budget of steps says nothing; the figure "unchecked" says so.
  void end();

  static constexpr Duration kElection = std::chrono::seconds(1);  // the course's unit of waits

 private:
  void check_time() const;
  void check_history();

  std::size_t snapshot_bytes(NodeId server);

  ScenarioRun& run_;
  std::optional<std::size_t> max_raft_state_;
  Duration time_limit_;
  std::size_t log_bytes_max_ = 0;  // that was seen
  Dice dice_;
  Dice server_seeds_;
  Cluster cluster_;
  Recorder recorder_;
  std::uint64_t clerks_ = 0;
};

// The course's appended text: the client's n-th.
std::string append_text(std::uint64_t client, std::uint64_t n);
// Each of the client's `count` appends is in the value, once, in order.
void check_appends(std::string_view value, std::uint64_t client, std::uint64_t count);

// The suite's parts.
std::span<const Scenario> kv_4a();
std::span<const Scenario> kv_4b();
std::span<const Scenario> kv_lab2();
std::span<const Scenario> kv_slow_disk();

}  // namespace holdfast::sim
