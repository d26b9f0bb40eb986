#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "storage/disk.hpp"
#include "storage/segment.hpp"

namespace holdfast::storage {

// Why a data folder can't be used; the message says what to do.
struct FolderError {
  enum class Kind : std::uint8_t {
    kIo,
    kPermission,
    kLocked,     // another server runs on it
    kForeign,    // of another cluster, node or format version
    kDamaged,    // its identity can't be read
    kNoIdentity  // a log whose owner nothing tells
  };

  Kind kind = Kind::kIo;
  std::string message;
};

// A node's data folder: DIR/lock, DIR/identity, DIR/log and DIR/snapshot. Holds the lock while
// it lives, and must live longer than the Wal and the SnapshotStore in it.
class DataFolder {
 public:
  // Opens DIR for this node; makes it, with parents, identity and an empty log, if there is
  // nothing yet. A creation interrupted at any step is taken up again by the next call.
  [[nodiscard]] static std::expected<DataFolder, FolderError> open(Disk& disk,
                                                                   const std::string& dir,
                                                                   const Identity& identity);

 private:
  explicit DataFolder(std::unique_ptr<Lock> lock) : lock_(std::move(lock)) {}

  std::unique_ptr<Lock> lock_;
};

// Whose folder DIR is; for tools that only read. kNotFound if it says nothing.
[[nodiscard]] std::expected<Identity, FolderError> read_identity(Disk& disk,
                                                                 const std::string& dir);

}  // namespace holdfast::storage
