#pragma once

#include <thread>
#include <vector>

#include "raft/effects.hpp"
#include "server/hand_over.hpp"
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
  bool sync();

  storage::Wal wal_;
  Listener& listener_;

  HandOver<raft::Persist> given_;
  std::thread thread_;
};

}  // namespace holdfast::server
