#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "storage/scan.hpp"

namespace holdfast::storage {

// Makes a log that read_log found usable ready for writing: removes what an interrupted creation
// left, seals the segment before the last, cuts a torn tail, and makes durable what was read.
// Each step may be interrupted and is then taken again by the next start. Returns the last
// segment, open for writing; `notes` gets a line for each repair.
[[nodiscard]] std::expected<std::unique_ptr<File>, RecoveryError> repair_log(
    Disk& disk, const std::string& dir, const LogEnd& end, std::vector<std::string>& notes);

// Whether the log goes on where the newest snapshot ends, or before that. `last` is that snapshot's
// last entry; index zero: there is no snapshot. Segments that were lost at the log's front, not
// dropped, are noticed here and nowhere else.
[[nodiscard]] std::expected<void, RecoveryError> check_continues(const std::string& dir,
                                                                 raft::Position last,
                                                                 const raft::Restored& restored);

}  // namespace holdfast::storage
