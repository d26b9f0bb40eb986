#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "raft/effects.hpp"
#include "storage/wal.hpp"

namespace holdfast::server {

// The thread that writes the log: while one fdatasync runs, the next group gathers.
class LogThread {
 public:
  // Called on the log's thread.
  class Listener {
   public:
    virtual ~Listener() = default;
    // Everything up to this ticket is on disk.
    virtual void log_persisted(Ticket ticket) = 0;
    // The disk is full (with the reason), or has room again (without). Writing is tried on.
    virtual void log_stalled(std::optional<std::string> reason) = 0;
    // What is on disk is no longer known: nothing more is written or reported as durable.
    virtual void log_failed(const std::string& reason) = 0;
  };

  // The Disk behind `wal`, and the listener, outlive it.
  LogThread(storage::Wal wal, Listener& listener);
  ~LogThread();

  void write(std::vector<raft::Persist> batches);
  // Writes what was given, closes the log and ends the thread; nothing may be given afterwards.
  // A disk that is full now is not waited for: what it has not taken was never acknowledged.
  void close();

 private:
  void run();
  std::vector<raft::Persist> wait_for_work();
  bool sync();

  storage::Wal wal_;
  Listener& listener_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<raft::Persist> given_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace holdfast::server
