#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/disk.hpp"
#include "storage/snapshot_draft.hpp"
#include "storage/snapshot_file.hpp"
#include "storage/snapshot_read.hpp"

namespace holdfast::storage {

// Names one file, on whichever node it is.
struct SnapshotId {
  raft::Position last;
  std::uint64_t number = 0;  // drawn when it was made, so that two files of one position differ
  std::uint64_t bytes = 0;   // of the file

  bool operator==(const SnapshotId&) const = default;
};

struct Snapshot {
  SnapshotId id = {};
  raft::SnapshotMeta meta = {};
  std::string path = {};

  bool operator==(const Snapshot&) const = default;
};

// The snapshots in DIR/snapshot: makes them, sends them, receives them, keeps the last two, or the
// newest beside those that are pinned.
// docs/snapshot-format.md describes the files and when they are durable.
//
// An error of making or receiving costs that snapshot only, whose file is then removed: the node
// has its log and its older snapshots, and may try again with a new file. At most one is made and
// one received at a time.
//
// One thread at a time. The Disk must outlive it, and the data folder's lock must be held.
class SnapshotStore {
 public:
  // Opens DIR/snapshot, which DataFolder::open has made, and removes what a crash left. Reads the
  // snapshots' headers only; what it finds is durable.
  [[nodiscard]] static std::expected<SnapshotStore, SnapshotError> open(Disk& disk,
                                                                        const std::string& dir,
                                                                        std::uint64_t cluster);

  // By rising position.
  const std::vector<Snapshot>& snapshots() const { return snapshots_; }
  std::optional<Snapshot> newest() const;

  // Making one: begin(), add() for each piece, finish(). An earlier unfinished one is abandoned.
  [[nodiscard]] IoResult<void> begin(const raft::SnapshotMeta& meta, std::uint64_t number);
  [[nodiscard]] IoResult<void> add(std::string_view piece);
  [[nodiscard]] IoResult<Snapshot> finish();  // durable when it returns
  void abandon() { making_.reset(); }
  bool is_making() const { return making_.has_value(); }

  // Sending one: up to `size` bytes of its file, fewer only at its end. kNotFound: it is gone, a
  // newer one is there.
  [[nodiscard]] IoResult<std::string> read(const SnapshotId& id, std::uint64_t offset,
                                           std::size_t size) const;

  // These, and no others, stay though newer ones come: they are being sent.
  void pin(std::vector<SnapshotId> ids);
  // Removes one, of which there is another in its place: it can't be read.
  void drop(const SnapshotId& id);

  // Receiving one: returns how much of it is there already. What there is of another is dropped.
  [[nodiscard]] IoResult<std::uint64_t> begin_receive(const SnapshotId& id);
  // Takes what comes next, and passes over what is there already or leaves a gap. Returns how much
  // is there.
  [[nodiscard]] IoResult<std::uint64_t> receive(std::uint64_t offset, std::string_view bytes);
  // Verifies all of it, and hands its pieces to `visit`; if `is_state` then says of them that they
  // make the state that the file stands for, it gets its name. Durable when it returns. An error
  // ends the reception.
  using StateCheck = std::function<bool(const raft::SnapshotMeta&)>;
  [[nodiscard]] std::expected<Snapshot, SnapshotError> finish_receive(const PieceVisitor& visit,
                                                                      const StateCheck& is_state);
  void abandon_receive() { receiving_.reset(); }
  bool is_receiving() const { return receiving_.has_value(); }

 private:
  struct Making {
    SnapshotEncoder encoder;
    SnapshotDraft draft;
    Snapshot snapshot;  // without its size and path
  };
  struct Receiving {
    SnapshotId id;
    SnapshotDraft draft;
  };

  SnapshotStore(Disk& disk, std::string dir, std::uint64_t cluster)
      : disk_(&disk), dir_(std::move(dir)), cluster_(cluster) {}

  std::expected<void, SnapshotError> load();
  std::expected<Snapshot, SnapshotError> look_at(const std::string& name) const;
  std::expected<raft::SnapshotMeta, SnapshotError> verify(Receiving& receiving,
                                                          const PieceVisitor& visit) const;
  IoResult<void> write(std::string_view bytes);
  IoResult<Snapshot> publish(SnapshotDraft& draft, Snapshot snapshot);
  void keep(Snapshot snapshot);
  void prune(const SnapshotId& spared);
  bool is_pinned(const SnapshotId& id) const;
  std::vector<Snapshot>::iterator remove(std::vector<Snapshot>::iterator at);

  Disk* disk_;
  std::string dir_;  // of the files
  std::uint64_t cluster_;
  std::vector<Snapshot> snapshots_;
  std::vector<SnapshotId> pinned_;
  std::optional<Making> making_;
  std::optional<Receiving> receiving_;
};

std::string snapshot_dir(const std::string& dir);
// Sorts as the snapshots' positions do.
std::string snapshot_name(raft::Position last, std::uint64_t number);

}  // namespace holdfast::storage
