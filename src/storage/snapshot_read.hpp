#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "storage/disk.hpp"
#include "storage/snapshot_file.hpp"

namespace holdfast::storage {

// Why a snapshot, or the folder of snapshots, can't be used.
struct SnapshotError {
  enum class Kind : std::uint8_t {
    kIo,       // the disk could not be read or written
    kMissing,  // there is no folder, or no such file
    kDamaged,  // cut, or no longer what was written
    kForeign,  // of another cluster or version, or under another's name
    kInvalid,  // whole, but not what the state machine makes
  };

  Kind kind = Kind::kIo;
  std::string path;
  std::uint64_t offset = 0;
  std::string reason;

  // Names the file and the offset.
  std::string description() const;
  // And says what to do, for a file in a data folder.
  std::string message() const;
};

SnapshotError as_snapshot_error(const IoError& error);
// The file is whole, and its pieces make no state, or not that which its header names.
SnapshotError incomplete_state(const std::string& path);

// False: the piece is not one.
using PieceVisitor = std::function<bool(std::string_view piece)>;

// Reads a snapshot from its first byte to its last and verifies all of it, one block in memory at
// a time. What `visit` saw counts only if all of it is good: a file may be cut behind any piece.
[[nodiscard]] std::expected<raft::SnapshotMeta, SnapshotError> read_snapshot(
    Disk& disk, const std::string& path, std::uint64_t cluster, const PieceVisitor& visit);

// The same for a copy that may be of any cluster: its header says of which.
[[nodiscard]] std::expected<SnapshotHeader, SnapshotError> read_snapshot_copy(
    Disk& disk, const std::string& path, const PieceVisitor& visit);

// Its header alone, and where that ends; of any cluster, or of this one.
[[nodiscard]] std::expected<DecodedSnapshotHeader, SnapshotError> read_snapshot_header(
    File& file, const std::string& path, std::optional<std::uint64_t> cluster = std::nullopt);

}  // namespace holdfast::storage
