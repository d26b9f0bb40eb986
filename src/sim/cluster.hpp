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
  std::size_t nodes = 3;
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
  void start(NodeId id);
  // Starts, and loses power at the n-th operation of its disk if that is while it starts.
  void start_and_lose_power(NodeId id, std::uint64_t operation);
  void pause(NodeId id) { process(id).pause(), see(id); }
  void resume(NodeId id) { process(id).resume(), see(id); }
  // Frames pass within a group only, in both directions. Nodes in no group are alone.
  void partition(const std::vector<std::vector<NodeId>>& groups);
  void heal();
  void forgive_disk(NodeId id) { monitor_.forgive_disk(id); }

  const std::vector<NodeId>& nodes() const { return nodes_; }
  std::vector<NodeId> others(NodeId id) const;
  Process& process(NodeId id) { return *processes_.at(id); }
  bool is_up(NodeId id) const { return processes_.at(id)->health() == Health::kUp; }
  std::size_t quorum() const { return nodes_.size() / 2 + 1; }
  // Who believes to lead, in the newest term of those; zero: nobody.
  NodeId leader() const;
  // Running nodes have applied all that is committed, and have equal states.
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
  // Rare paths and the network's misdeeds, so far.
  Tally tally() const;

 private:
  void see(NodeId id);
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
  std::vector<std::pair<NodeId, std::string>> stops_;
  Tally tally_;
  std::uint64_t last_nonce_ = 0;
};

}  // namespace holdfast::sim
