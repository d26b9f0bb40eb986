#pragma once

#include <expected>
#include <string>

#include "kv/copy_reader.hpp"
#include "storage/disk.hpp"
#include "storage/snapshot_read.hpp"

namespace holdfast::cli {

// Exit codes of the commands that read a copy of a cluster.
inline constexpr int kCopyFailed = 1;   // it can't be read, or the work failed
inline constexpr int kCopyDamaged = 3;  // it is cut or damaged, or no copy at all

// What a copy, the file that `holdfast backup` makes, says of itself.
struct CopyInfo {
  storage::SnapshotHeader file;
  kv::CopyHeader state;
  std::uint64_t file_bytes = 0;
};

// Reads all of it and verifies it; `visit` sees the pairs, and what it saw counts only if there is
// no error. One block in memory at a time.
std::expected<CopyInfo, storage::SnapshotError> read_copy(storage::Disk& disk,
                                                          const std::string& path,
                                                          kv::CopyReader::PairVisitor visit);

// Tells the user why a copy can't be used; returns the exit code.
int refuse_copy(const storage::SnapshotError& error);

}  // namespace holdfast::cli
