#pragma once

#include <thread>
#include <vector>

#include "replica/snapshot_worker.hpp"
#include "server/hand_over.hpp"

namespace holdfast::server {

// The thread that writes, sends and loads snapshots, so that no request waits for it.
class SnapshotThread {
 public:
  // Called on the snapshots' thread.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void snapshot_done(replica::SnapshotResult result) = 0;
  };

  // The Disk behind `worker`, and the listener, outlive it.
  SnapshotThread(replica::SnapshotWorker worker, Listener& listener);
  ~SnapshotThread();

  void run(std::vector<replica::SnapshotJob> jobs);
  // Ends the thread after the job in progress. What is lost is a snapshot that can be made again.
  void close();

 private:
  void work();

  replica::SnapshotWorker worker_;
  Listener& listener_;

  HandOver<replica::SnapshotJob> given_;
  std::thread thread_;
};

}  // namespace holdfast::server
