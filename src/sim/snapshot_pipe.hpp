#pragma once

#include <deque>
#include <memory>

#include "replica/snapshot_worker.hpp"
#include "sim/dice.hpp"
#include "sim/disk.hpp"
#include "sim/events.hpp"

namespace holdfast::sim {

// The snapshots' thread in virtual time: the production worker on a virtual disk, one job at a
// time. What a job changes reaches the disk at the end of its time; a crash before that leaves any
// part of it.
class SnapshotPipe {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void snapshot_done(replica::SnapshotResult result) = 0;
  };

  // `what` for Events::at.
  SnapshotPipe(Events& events, Dice& dice, replica::SnapshotWorker worker, Listener& listener,
               std::uint64_t what)
      : events_(events),
        dice_(dice),
        worker_(std::move(worker)),
        listener_(listener),
        what_(what) {}
  SnapshotPipe(const SnapshotPipe&) = delete;
  SnapshotPipe& operator=(const SnapshotPipe&) = delete;
  ~SnapshotPipe() { *alive_ = false; }

  void run(std::vector<replica::SnapshotJob> jobs);
  // The process dies now: of the job in progress any number of disk operations are done.
  void interrupt(VirtualDisk& disk);

 private:
  void begin();
  void finish();

  Events& events_;
  Dice& dice_;
  replica::SnapshotWorker worker_;
  Listener& listener_;
  std::uint64_t what_;
  std::deque<replica::SnapshotJob> jobs_;  // the first is in progress
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace holdfast::sim
