#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "raft/effects.hpp"
#include "storage/wal.hpp"

namespace holdfast::server {

// Writes the log, on a thread of its own: while one fdatasync runs, the next group gathers.
//
// To hand a group over costs two awakened threads, which is more than a fast disk takes to write a
// small one. So the node's thread may borrow the log and write by itself. It lends what keeps
// others from its own affairs meanwhile, and if the disk turns out to be slow, this thread does
// that work until it is back: a node that waits for its disk goes on hearing and answering.
class LogThread {
 public:
  // Called on the log's thread; log_failed() and dismiss_stand_in() by write_here() as well.
  class Listener {
   public:
    virtual ~Listener() = default;
    // Everything up to this ticket is on disk.
    virtual void log_persisted(Ticket ticket) = 0;
    // The disk is full (with the reason), or has room again (without). Writing is tried on.
    virtual void log_stalled(std::optional<std::string> reason) = 0;
    // What is on disk is no longer known: nothing more is written or reported as durable.
    virtual void log_failed(const std::string& reason) = 0;
    // The thread in write_here() waits for the disk: its work is to be done here while is_lent().
    virtual void stand_in() = 0;
    // It is back, and waits for who stands in to notice.
    virtual void dismiss_stand_in() = 0;
  };

  // The Disk behind `wal`, and the listener, outlive it.
  LogThread(storage::Wal wal, Listener& listener);
  ~LogThread();

  void write(std::vector<raft::Persist> batches);
  // Writes them on the calling thread, with `turns` unlocked meanwhile. The last one's ticket if
  // all are durable. Else those that are left in `batches` are to be given to write(): there is
  // other work before them, or the disk took longer than `patience` just now.
  std::optional<Ticket> write_here(std::vector<raft::Persist>& batches,
                                   std::unique_lock<std::mutex>& turns, Duration patience);
  bool is_lent();
  // Writes what was given, closes the log and ends the thread; nothing may be given afterwards.
  // A disk that is full now is not waited for: what it has not taken was never acknowledged.
  void close();

 private:
  using Clock = std::chrono::steady_clock;
  struct Work {
    std::vector<raft::Persist> batches;
    Ticket last;  // of them, or of what the log has queued already
  };

  void run();
  std::optional<Work> take();
  void watch(std::unique_lock<std::mutex>& lock);
  void mark(std::unique_lock<std::mutex>& lock);
  bool append(std::vector<raft::Persist> batches);
  bool sync();
  bool borrow();
  bool write_borrowed(std::vector<raft::Persist> batches, Duration patience);

  storage::Wal wal_;  // of whom is_working_ or lent_since_ names
  Listener& listener_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<raft::Persist> given_;
  std::optional<Ticket> unsynced_;  // that the borrower left in the log's queue
  bool closing_ = false;
  bool is_working_ = false;
  std::optional<Clock::time_point> lent_since_;
  Clock::time_point slow_until_;  // not lent before
  bool watches_ = false;          // whether a borrower is back soon
  int quiet_looks_ = 0;           // in a row, at which it had not been lent since the last
  bool was_lent_ = false;
  bool is_marked_ = true;  // the log's end, since nothing was written for a while
  std::thread thread_;
};

}  // namespace holdfast::server
