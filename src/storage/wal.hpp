#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "raft/effects.hpp"
#include "storage/disk.hpp"
#include "storage/scan.hpp"

namespace holdfast::storage {

struct WalOptions {
  std::uint64_t cluster = 0;
  NodeId node;
  std::uint64_t segment_bytes = 64 << 20;  // a group larger than this gets its own segment
};

// The write-ahead log: term, vote and entries in one stream of records, so that one fdatasync
// makes them durable together and in order. docs/log-format.md describes files and recovery.
//
// Invariants
//   1. What is queued follows LogState's rules.
//   2. Nothing is written behind `end_` but the group of the sync() in progress.
//   3. `synced_` is durable; between it and `end_` stands at most a mark.
//   4. The segment has room for a mark and a seal behind `end_`, or for the seal if the mark is
//      written.
//   5. The files of `segments_` are there, and no others; the last one is being written.
//
// One thread at a time: opened on the main thread, then used by the log thread. The Disk must
// outlive it, and the data folder's lock must be held.
class Wal {
 public:
  struct Opened;

  // Opens DIR/log, which DataFolder::open has made, and repairs what a crash left. What it
  // returns as restored is durable.
  [[nodiscard]] static std::expected<Opened, RecoveryError> open(Disk& disk, const std::string& dir,
                                                                 WalOptions options);

  // Queues a batch; no I/O. Its `first_needed` lets whole segments at the log's front go, a few
  // with each sync() from this batch's on; a later open() then finds a log that begins later.
  [[nodiscard]] IoResult<void> append(raft::Persist batch);
  // Makes everything queued durable: one write and one fdatasync for however many batches.
  // kNoSpace: nothing of it counts as written and all of it stays queued; more may be appended,
  // and sync() called again. Any other error is final: each later call returns it, and what was
  // queued may or may not be found by the next open().
  [[nodiscard]] IoResult<void> sync();
  // Says behind the last group that it is durable: the next group would, but none is to come for a
  // while. Written once; not synced, for a mark promises nothing.
  void mark();
  // Syncs, and proves it for the next open(). Nothing may be called afterwards.
  [[nodiscard]] IoResult<void> close();

  bool has_queued() const { return !queued_.empty(); }
  bool failed() const { return failure_.has_value(); }

 private:
  Wal(Disk& disk, std::string dir, WalOptions options, std::unique_ptr<File> file,
      const LogEnd& end);

  bool fits(std::uint64_t group_bytes) const;
  IoResult<void> write_queued();
  void encode_queued();
  IoResult<void> roll(std::uint64_t group_bytes);
  IoResult<void> drop_unneeded();
  std::unexpected<IoError> fail(const IoError& error);
  std::unexpected<IoError> fail_unless_full(const IoError& error);

  Disk* disk_;
  std::string dir_;  // of the segments
  WalOptions options_;
  std::unique_ptr<File> file_;
  std::uint64_t sequence_;
  std::uint64_t file_bytes_;
  std::uint64_t seed_;
  std::uint64_t end_;         // where the next record goes
  std::uint64_t synced_;      // known to be durable
  std::uint64_t written_to_;  // the file has no unwritten room before here, as far as is known
  std::deque<SegmentStart> segments_;
  Index first_needed_;  // as far as it is durable
  LogState state_;      // with what is queued
  LogSummary written_;  // without
  std::vector<raft::Persist> queued_;
  std::string group_;  // the queued batches as records
  std::optional<IoError> failure_;
};

struct Wal::Opened {
  Wal wal;
  raft::Restored restored;
  std::vector<std::string> notes;  // what was repaired: lines for the server's log
};

}  // namespace holdfast::storage
