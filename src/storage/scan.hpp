#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "storage/disk.hpp"
#include "storage/recovery_error.hpp"
#include "storage/segment.hpp"

namespace holdfast::storage {

struct ScannedRecord {
  std::uint64_t offset = 0;
  std::uint64_t end = 0;
  std::uint64_t synced_through = 0;
  Record content;
};

// Sees a log in the order in which it was written.
class LogVisitor {
 public:
  virtual ~LogVisitor() = default;
  virtual void segment(const std::string& path, const SegmentHeader& header) = 0;
  virtual void record(ScannedRecord record) = 0;
};

// Where a segment begins in the log.
struct SegmentStart {
  std::uint64_t sequence = 0;
  Index next;  // what the log held when the segment began is before this index
};

// How a log ends that can be used.
struct LogEnd {
  std::vector<SegmentStart> segments;
  std::string path;  // of the last segment
  SegmentHeader header;
  std::uint64_t offset = kHeaderBytes;  // where the next record goes
  std::uint64_t proven = kHeaderBytes;  // what the records themselves prove to be durable
  bool has_records = false;             // in the last segment
  bool marked = false;                  // its last record is a mark: all before it is durable
  // Behind the end: zeros only (0), or bytes up to here that a crash left of a group that was
  // never acknowledged.
  std::uint64_t torn_end = 0;
  // The segment before the last, if there is one, and where its seal belongs.
  std::string previous_path;
  std::uint64_t previous_end = 0;
  // A last segment without a header, left by a crash while it was made.
  std::optional<std::string> empty_path;
  LogState state;

  // One line for people.
  std::string describe() const;
};

// Reads DIR/log by the decision table of docs/log-format.md and changes nothing. A running server
// may be writing meanwhile; the end is then where it happened to be. With an identity, a log of
// another cluster or node is refused. Segments that are
// missing at the front look as if they had been dropped: check_continues() tells.
[[nodiscard]] std::expected<LogEnd, RecoveryError> read_log(
    Disk& disk, const std::string& dir, LogVisitor& visitor,
    std::optional<Identity> identity = std::nullopt);

std::string log_dir(const std::string& dir);

}  // namespace holdfast::storage
