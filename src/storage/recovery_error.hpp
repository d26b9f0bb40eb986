#pragma once

#include <cstdint>
#include <string>

namespace holdfast::storage {

// Why a log can't be used. The node then refuses to start: what it may have forgotten, votes and
// acknowledged entries, others rely on.
struct RecoveryError {
  enum class Kind : std::uint8_t {
    kIo,              // the disk could not be read or written
    kMissingLog,      // the folder has no log
    kMissingSegment,  // a file of the log is gone
    kDamaged,         // what was durable is no longer what was written
    kForeign,         // another cluster's, node's or version's log
    kInvalid,         // whole, but not what a correct node writes
  };

  Kind kind = Kind::kIo;
  std::string path;
  std::uint64_t offset = 0;
  std::string reason;

  // Names the file and the offset, and says what to do.
  std::string message() const;
};

}  // namespace holdfast::storage
