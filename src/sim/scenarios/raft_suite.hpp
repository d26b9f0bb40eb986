#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cluster.hpp"
#include "sim/raft_server.hpp"
#include "sim/scenario.hpp"
#include "sim/scenarios/apply_checker.hpp"

namespace holdfast::sim {

class Agreement;

// What the course's suite calls RaftElectionTimeout: the unit of its waits.
inline constexpr Duration kElectionTime = std::chrono::milliseconds(1000);

// A command is bytes; the scenarios mostly name numbers.
struct Command {
  template <std::integral Number>
  Command(Number number) : bytes(std::to_string(number)) {}
  Command(std::string text) : bytes(std::move(text)) {}

  std::string bytes;
};

enum class Retry : bool { kNo, kYes };

// The verbs of MIT 6.5840's Raft suite (the harness's `config`), with its times and counts, on a
// cluster of Raft cores with production's default timers. Whatever is demanded and not seen throws
// ScenarioFailure; the apply checker and the simulator's monitor watch throughout.
//
// Where our Raft differs, this is how the suite's words are meant:
//  - An index counts commands only: a leader's no-op entry is hidden.
//  - An RPC is a request that arrived, heartbeats and pre-votes included; bytes are those of whole
//    frames that arrived, requests and replies.
//  - The network says nothing of what it loses: a request across a cut link vanishes, where the
//    course's fails after up to 7 s.
//  - A crash is kill -9 or a power loss, by chance; the course's persister forgets nothing either.
//    Snapshots are kept as by that persister: a whole one at a time, which no crash harms.
//  - The size of the Raft state is that of the log in memory: what its entries' payloads take, and
//    32 bytes for each. No entry is kept that a snapshot stands for, unless a peer needs it.
//  - Time is virtual, so the limit of 120 s is one on what the scenario waits for.
class RaftSuite final : private RaftServer::Listener {
 public:
  // Servers snapshot every so many commands; zero: never.
  RaftSuite(ScenarioRun& run, std::size_t servers, std::uint64_t snapshot_every = 0);
  // Fills in the run's figures.
  ~RaftSuite() override;

  // Servers, and who is whose neighbour.
  const std::vector<NodeId>& servers() const { return cluster_.nodes(); }
  NodeId after(NodeId server, std::size_t steps = 1) const;
  NodeId any() { return dice_.pick(servers()); }
  Dice& dice() { return dice_; }
  Command any_command() { return dice_.below(std::uint64_t{1} << 62); }

  // What the harness does to servers and network.
  void disconnect(NodeId server);
  void connect(NodeId server);
  void connect_all();
  bool is_connected(NodeId server) const { return connected_.contains(server); }
  // Also disconnects it.
  void crash(NodeId server);
  // Crashes it first if it runs. It stays disconnected.
  void restart(NodeId server);
  bool is_running(NodeId server) { return cluster_.process(server).is_running(); }
  // From each server's next start on; production sends up to 512 at once.
  void set_entries_per_append(std::size_t entries) { entries_per_append_ = entries; }
  void set_network(const Weather& weather) { cluster_.network().set_weather(weather); }
  void sleep(Duration time);

  // Up to ten times it waits for half a second and asks the connected servers: no term has two
  // leaders, and at the latest then somebody leads; who does in the newest term.
  NodeId check_one_leader();
  void check_no_leader();
  // The term, on which the connected servers agree.
  Term check_terms();
  Term term_of(NodeId server);

  RaftServer::Started start(NodeId server, const Command& command);
  // How many servers have applied this index.
  std::size_t committed_on(std::uint64_t index) const { return checker_.servers_at(index); }
  const std::string* committed_at(std::uint64_t index) const { return checker_.command_at(index); }
  // No running server's log takes so much or more.
  void check_logs_below(std::size_t bytes);
  // Snapshots that a server got from another one.
  std::size_t snapshots_received() const { return checker_.received(); }
  void check_no_agreement(std::uint64_t index);
  // Has the connected servers agree on the command within 10 s, and returns its index: offers it
  // to one after another and waits for up to 2 s until so many have applied it where it was
  // accepted; then it is offered anew, or that was all.
  std::uint64_t one(const Command& command, std::size_t servers, Retry retry);
  // The same beside what follows.
  void begin_one(const Command& command, std::size_t servers);
  void finish_all();
  // Waits, 30 times with a growing pause, for so many servers to apply the index; the command
  // there. None: somebody has gone past `term`.
  std::optional<std::string> wait(std::uint64_t index, std::size_t servers,
                                  std::optional<Term> term = std::nullopt);

  std::uint64_t rpcs() { return cluster_.network().counts().requests; }
  std::uint64_t bytes() { return cluster_.network().counts().bytes; }
  void note(const std::string& figure, std::uint64_t value) { run_.figures[figure] = value; }

  static void require(bool holds, const std::string& what);
  // The last of the demands: the 120 s, and that no server ended by itself.
  void end();

  Cluster& cluster() { return cluster_; }

 private:
  std::unique_ptr<Program> make_server(NodeId id, raft::Restored restored, Instant now);
  void applied(NodeId node, const raft::Committed& committed) override;
  void installed(NodeId node, raft::Position announced, const RaftSnapshot& snapshot) override;
  void save(NodeId node, const RaftSnapshot& snapshot) override;
  std::optional<RaftSnapshot> saved(NodeId node) const;
  NodeId find_leader();
  const raft::Core& core(NodeId server);
  void check_time() const;

  ScenarioRun& run_;
  Dice dice_;
  Dice election_seeds_;
  std::uint64_t snapshot_every_;
  std::optional<std::size_t> entries_per_append_;
  std::map<NodeId, std::string> saved_;  // each server's newest snapshot
  std::size_t log_bytes_max_ = 0;        // that was seen
  ApplyChecker checker_;
  std::set<NodeId> connected_;
  Cluster cluster_;
  std::vector<std::unique_ptr<Agreement>> begun_;
};

// A scenario as Scenario::run: on so many servers, from start to end.
template <void (*kScenario)(RaftSuite&), std::size_t kServers, std::uint64_t kSnapshotEvery = 0>
void on_servers(ScenarioRun& run) {
  RaftSuite raft(run, kServers, kSnapshotEvery);
  kScenario(raft);
  raft.end();
}

// The suite's parts.
std::span<const Scenario> raft_3a();
std::span<const Scenario> raft_3b();
std::span<const Scenario> raft_3c();
std::span<const Scenario> raft_3d();

}  // namespace holdfast::sim
