#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "raft/membership.hpp"
#include "storage/disk.hpp"
#include "storage/folder_error.hpp"
#include "storage/identity_file.hpp"

namespace holdfast::storage {

// A node's data folder: DIR/lock, DIR/identity, DIR/log and DIR/snapshot. Holds the lock while
// it lives, and must live longer than the Wal and the SnapshotStore in it.
class DataFolder {
 public:
  // Opens DIR for this node; makes it, with parents, identity, an empty log and no snapshots, if
  // there is nothing yet. A creation interrupted at any step is taken up again by the next call.
  // `initial` is of use to a creation only: the voters of a new cluster; none for a node that
  // waits to be added to one. Where set_aside() has been, the node waits to be added, whatever
  // `initial` says: it has forgotten its votes.
  [[nodiscard]] static std::expected<DataFolder, FolderError> open(
      Disk& disk, const std::string& dir, const Identity& identity,
      const raft::Membership& initial = {});

  // Puts something into DIR/log, where there is a first segment, and DIR/snapshot.
  using Filler = std::function<std::expected<void, FolderError>()>;
  // Makes DIR, in which there may be nothing yet, with what `fill` puts into it. Interrupted at any
  // step DIR is empty, but for empty directories, or open() refuses it.
  [[nodiscard]] static std::expected<DataFolder, FolderError> create_filled(
      Disk& disk, const std::string& dir, const IdentityFile& identity, const Filler& fill);

  // As DIR was created with.
  const raft::Membership& initial() const { return initial_; }

  // What was in DIR before, and whose it was, if its identity can still be read.
  struct SetAside {
    std::string path;
    std::optional<Identity> identity;
  };
  // Moves identity, log and snapshots to DIR/damaged-N, so that the node can come back empty and
  // be added anew. Interrupted at any step, DIR can't be opened or has become a new node's, and
  // the next call goes on. Nothing: DIR has none of them, and never had.
  [[nodiscard]] static std::expected<std::optional<SetAside>, FolderError> set_aside(
      Disk& disk, const std::string& dir);

 private:
  DataFolder(std::unique_ptr<Lock> lock, raft::Membership initial)
      : lock_(std::move(lock)), initial_(std::move(initial)) {}

  std::unique_ptr<Lock> lock_;
  raft::Membership initial_;
};

// Whose folder DIR is; for tools that only read. kNoIdentity if it says nothing.
[[nodiscard]] std::expected<Identity, FolderError> read_identity(Disk& disk,
                                                                 const std::string& dir);

// N of "damaged-N", as set_aside() calls what it moved away.
std::optional<std::uint64_t> parse_damaged_name(std::string_view name);

}  // namespace holdfast::storage
