#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/monitor.hpp"
#include "sim/network.hpp"
#include "sim/process.hpp"
#include "sim/streams.hpp"
#include "sim/tally.hpp"

namespace holdfast::sim {

// Makes what runs on a node: a KvServer, or the Raft core alone. `nonce` is new each time.
using MakeProgram =
    std::function<std::unique_ptr<Program>(NodeId id, raft::Restored restored, replica::Kept kept,
                                           std::uint64_t nonce, Streams& streams, Instant now)>;

struct ClusterOptions {
  std::size_t nodes = 3;  // by number from 1
  // With whom the cluster begins, as their data folders know it; the others wait to be added. None:
  // with all, and their programs know it.
  raft::Membership first_membership = {};
  std::uint64_t seed = 1;
  MakeProgram make_program;
  Weather weather;
  StreamWeather stream_weather;
  DiskSpeed disk_speed;
  Duration turn_time = std::chrono::microseconds(50);
  std::int64_t skew_ppm_max = 0;  // of each node's clock
  std::size_t pending_bytes_max = SIZE_MAX;
  kv::Limits limits = {};  // of states that are built from snapshots
  // Of programs that keep their snapshots beside the disk: a node's newest.
  std::function<std::optional<raft::SnapshotMeta>(NodeId)> snapshot_beside = {};
  Observer* observer = nullptr;
};

// A cluster in one thread: nodes, their disks and clocks, the network between them and to their
// clients, all on one queue of events. Everything follows from the options. A step that breaks an
// invariant throws Monitor::Violation.
class Cluster final : private Process::Host, private Network::Host, private Streams::Host {
 public:
  explicit Cluster(ClusterOptions options);
  ~Cluster() override;

  void start_all();
  bool step() { return events_.run_one(); }
  void run_for(Duration time) { events_.run_until(events_.now() + time); }
  // False: it did not come true in this time.
  bool run_until(const std::function<bool()>& condition, Duration at_most);

  void crash(NodeId id, bool power_lost);
  // Nothing happens to a node without data: it waits to be added.
  void start(NodeId id);
  // A node without data, which this node has just added as the leader, starts on an empty disk.
  void start_anew(NodeId id, NodeId leader);
  bool has_data(NodeId id) const { return !without_data_.contains(id); }
  // A node that is down has no data any more, or none that it could start on.
  void lose_data(NodeId id);
  // Whatever membership may be in force, now or when those are gone who are to go, of each set of
  // voters a majority has never lost its data, or has got it back, without this node.
  bool can_bear_loss_of(NodeId id) const;
  // The same if this node goes, too; then it is one of them.
  bool may_remove(NodeId id);
  // Starts, and loses power at the n-th operation of its disk if that is while it starts.
  void start_and_lose_power(NodeId id, std::uint64_t operation);
  void pause(NodeId id) { process(id).pause(), see(id); }
  void resume(NodeId id) { process(id).resume(), see(id); }
  // Frames pass within a group only, in both directions. Nodes in no group are alone.
  void partition(const std::vector<std::vector<NodeId>>& groups);
  void heal();

  const std::vector<NodeId>& nodes() const { return nodes_; }
  std::vector<NodeId> others(NodeId id) const;
  Process& process(NodeId id) { return *processes_.at(id); }
  bool is_up(NodeId id) const { return processes_.at(id)->health() == Health::kUp; }
  // As the leader sees it; empty: there is none.
  raft::Membership membership() const;
  std::size_t quorum() const { return nodes_.size() / 2 + 1; }
  // Who believes to lead, in the newest term of those; zero: nobody.
  NodeId leader() const;
  // There is a leader, and running members have applied all that is committed, and have equal
  // states.
  bool has_converged();

  Events& events() { return events_; }
  Network& network() { return network_; }
  Streams& streams() { return streams_; }
  const Monitor& monitor() const { return monitor_; }
  Instant now() const { return events_.now(); }
  Observer* observer() { return options_.observer; }
  // Told to the observer: something was done to the cluster, or to one node.
  void say(const std::string& what, NodeId node = {});
  // Processes that ended by themselves, and why: failed disks, damaged logs.
  const std::vector<std::pair<NodeId, std::string>>& stops() const { return stops_; }
  // Who hears the answers to operators' requests.
  using AnswerListener = std::function<void(NodeId, const replica::Completion&)>;
  void set_answer_listener(AnswerListener listener) { answer_listener_ = std::move(listener); }
  // Rare paths and the network's misdeeds, so far.
  Tally tally() const;

 private:
  void see(NodeId id);
  void say_process_ended(NodeId id);
  void note_membership(const Process& process, const replica::Output& output);
  void stop_removed(Process& process);
  bool can_bear(const std::set<NodeId>& hurt, const std::set<NodeId>& going) const;
  void reset_links(NodeId id);

  std::unique_ptr<Program> make_program(NodeId id, raft::Restored restored, replica::Kept kept,
                                        Instant now) override;
  std::optional<raft::SnapshotMeta> snapshot_beside(NodeId id) override;
  void booted(Process& process, const raft::Restored& restored,
              const std::vector<std::string>& notes) override;
  void turn_ended(Process& process, const replica::Output& output) override;
  void made_durable(Process& process, const std::vector<raft::Persist>& batches) override;
  void stopped(Process& process, const std::string& reason) override;
  void frame_refused(Process& process, NodeId from) override;

  void frame_arrived(NodeId to, NodeId from, std::string_view bytes) override;
  void link_was_reset(NodeId a, NodeId b) override;
  void peer_was_lost(NodeId node, NodeId peer) override;

  bool stream_accepted(NodeId node, StreamId id) override;
  void stream_received(NodeId node, StreamId id, std::string_view bytes) override;
  void stream_closed(NodeId node, StreamId id) override;

  ClusterOptions options_;
  Events events_;
  Network network_;
  Streams streams_;
  Monitor monitor_;
  std::vector<NodeId> nodes_;
  std::map<NodeId, std::unique_ptr<Process>> processes_;
  std::map<NodeId, SeenNode> seen_;
  std::map<NodeId, raft::Membership> memberships_;  // in force for each node when last seen
  std::set<NodeId> without_data_;
  std::set<NodeId> going_;  // are to be removed
  std::set<NodeId> hurt_;   // lost their data, and are not yet voters who have it back
  AnswerListener answer_listener_;
  std::vector<std::pair<NodeId, std::string>> stops_;
  Tally tally_;
  std::uint64_t last_nonce_ = 0;
};

}  // namespace holdfast::sim
