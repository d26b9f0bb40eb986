#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/dice.hpp"
#include "sim/disk.hpp"
#include "sim/events.hpp"
#include "storage/wal.hpp"

namespace holdfast::sim {

struct DiskSpeed {
  Duration sync_min = std::chrono::microseconds(100);
  Duration sync_max = std::chrono::milliseconds(3);
  double stall = 0;  // of a sync: takes up to stall_max
  Duration stall_max = std::chrono::seconds(2);
};

// The log's thread in virtual time: the production log on a virtual disk, one group at a time. A
// group's bytes reach the disk at the end of its time; a crash before that leaves any part of it.
class LogPipe {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void log_persisted(std::vector<raft::Persist> batches) = 0;
    virtual void log_stalled(bool stalled) = 0;
    virtual void log_failed(const std::string& reason) = 0;
  };

  // `what` for Events::at.
  LogPipe(Events& events, Dice& dice, storage::Wal wal, Listener& listener, std::uint64_t what)
      : events_(events), dice_(dice), wal_(std::move(wal)), listener_(listener), what_(what) {}
  LogPipe(const LogPipe&) = delete;
  LogPipe& operator=(const LogPipe&) = delete;
  ~LogPipe() { *alive_ = false; }

  void write(const DiskSpeed& speed, std::vector<raft::Persist> batches);
  // The process dies now: of the group in progress any number of disk operations are done.
  void interrupt(VirtualDisk& disk);

 private:
  void begin();
  void finish();
  void retry();

  Events& events_;
  Dice& dice_;
  storage::Wal wal_;
  Listener& listener_;
  std::uint64_t what_;
  DiskSpeed speed_;
  std::vector<raft::Persist> given_;
  std::vector<raft::Persist> writing_;
  bool appended_ = false;  // `writing_` is queued in the log: a full disk did not take it
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace holdfast::sim
