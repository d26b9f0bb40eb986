#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replica/stored.hpp"
#include "sim/clock.hpp"
#include "sim/log_pipe.hpp"
#include "sim/observer.hpp"
#include "sim/program.hpp"
#include "sim/snapshot_pipe.hpp"
#include "storage/data_folder.hpp"
#include "wire/frame.hpp"

namespace holdfast::sim {

// A machine of the cluster: a disk, a clock, and at times a process with a program in it. It does
// for the program what the server's loop does: gathers what arrives into turns, writes the log,
// wakes it in time, decodes its peers' frames.
class Process final : private LogPipe::Listener, private SnapshotPipe::Listener {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    virtual std::unique_ptr<Program> make_program(NodeId id, raft::Restored restored,
                                                  replica::Kept kept, Instant now) = 0;
    // The snapshot of a program that keeps it beside the disk; nothing: none, or not so.
    virtual std::optional<raft::SnapshotMeta> snapshot_beside(NodeId id) = 0;
    // The log has been read, with `notes` of what was repaired; the process runs from now on.
    virtual void booted(Process& process, const raft::Restored& restored,
                        const std::vector<std::string>& notes) = 0;
    virtual void turn_ended(Process& process, const replica::Output& output) = 0;
    virtual void made_durable(Process& process, const std::vector<raft::Persist>& batches) = 0;
    // It ended by itself: a disk that failed, a folder that it refuses.
    virtual void stopped(Process& process, const std::string& reason) = 0;
    virtual void frame_refused(Process& process, NodeId from) = 0;
  };

  Process(Events& events, Dice dice, NodeId id, Clock clock, const kv::Limits& limits, Host& host);
  ~Process() override;

  // Starts on what the disk has; if that is nothing, as a node of a new cluster with these members.
  // None: its program knows who they are.
  void start(const raft::Membership& first);
  // Of a process that is down: gives it the disk of a node that has joined a cluster, with nothing
  // on it but this.
  void replace_disk(const raft::HardState& hard_state);
  // kill -9; with `power_lost` the machine goes too, and with it what was not synced.
  void crash(bool power_lost);
  // SIGSTOP and SIGCONT: what arrives meanwhile waits.
  void pause();
  void resume();
  void jump_clock(Duration ahead);
  void set_disk_speed(const DiskSpeed& speed) { disk_speed_ = speed; }
  // The longest that what arrives waits for more to share its turn.
  void set_turn_time(Duration time) { turn_time_ = time; }

  void frame_arrived(NodeId from, std::string_view bytes);
  void link_was_reset(NodeId peer);
  // False: nobody listens.
  bool stream_accepted(StreamId id);
  void stream_received(StreamId id, std::string_view bytes);
  void stream_closed(StreamId id);
  // Runs `input` in the program at once, or when it is resumed; nothing if the process is down.
  void input(std::move_only_function<void(Program&, Instant)> input);

  NodeId id() const { return id_; }
  Health health() const { return health_; }
  bool is_running() const { return program_ != nullptr; }
  Program* program() { return program_.get(); }
  const Program* program() const { return program_.get(); }
  VirtualDisk& disk() { return disk_; }
  Instant local_now() const { return clock_.read(events_.now()); }
  SeenNode look() const;

  static constexpr std::uint64_t kCluster = 4711;
  static inline const std::string kFolder = "/data";

 private:
  std::expected<replica::Stored, replica::StoredError> open_stored();
  void run(std::move_only_function<void(Program&, Instant)>& input);
  void schedule_turn();
  void turn();
  void schedule_wake();
  void end(Health health);
  wire::FrameReader& reader_of(NodeId peer);

  void log_persisted(std::vector<raft::Persist> batches) override;
  void log_stalled(bool stalled) override;
  void log_failed(const std::string& reason) override;
  void snapshot_done(replica::SnapshotResult result) override;

  Events& events_;
  Dice dice_;
  NodeId id_;
  Clock clock_;
  kv::Limits limits_;
  Host& host_;
  VirtualDisk disk_;
  DiskSpeed disk_speed_;
  Duration turn_time_{50};
  Health health_ = Health::kDown;

  std::uint64_t life_ = 0;  // rises with each start and end: what an earlier one began is void
  std::optional<storage::DataFolder> folder_;
  std::unique_ptr<LogPipe> log_;
  std::unique_ptr<SnapshotPipe> snapshots_;
  std::unique_ptr<Program> program_;
  std::map<NodeId, wire::FrameReader> readers_;
  std::vector<std::move_only_function<void(Program&, Instant)>> backlog_;  // while paused
  bool turn_is_due_ = false;
  Instant wake_at_ = Instant::max();
};

}  // namespace holdfast::sim
