#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/log_fixture.hpp"
#include "storage/snapshot_store.hpp"

namespace holdfast::storage {

using Pieces = std::vector<std::string>;

inline auto open_store(Disk& disk) {
  return SnapshotStore::open(disk, kDir, kIdentity.cluster);
}

inline raft::SnapshotMeta meta_at(std::uint64_t index) {
  raft::Membership membership;
  membership.members.push_back({.id = NodeId(3), .address = "10.0.0.3:7103"});
  membership.members.push_back({.id = NodeId(5), .votes = false, .voted = false, .joins = true});
  return {.last = {Index(index), Term(2)}, .membership = membership};
}

// The state after entry `index`.
inline Pieces pieces_at(std::uint64_t index) {
  return {"first of " + std::to_string(index), std::string(3000, 'x'), "last"};
}

inline IoResult<Snapshot> make(SnapshotStore& store, std::uint64_t index,
                               std::uint64_t number = 1000) {
  if (auto done = store.begin(meta_at(index), number); !done) return std::unexpected(done.error());
  for (const auto& piece : pieces_at(index)) {
    if (auto done = store.add(piece); !done) return std::unexpected(done.error());
  }
  return store.finish();
}

inline std::expected<Snapshot, SnapshotError> finish_receive(SnapshotStore& store,
                                                             bool is_state = true) {
  return store.finish_receive([](std::string_view) { return true; },
                              [is_state](const raft::SnapshotMeta&) { return is_state; });
}

// Copies a snapshot's file from one store to the other, `chunk` bytes at a time, from where the
// receiver is.
inline std::expected<Snapshot, SnapshotError> transfer(const SnapshotStore& from,
                                                       const SnapshotId& id, SnapshotStore& to,
                                                       std::size_t chunk = 64) {
  auto there = to.begin_receive(id);
  while (there && *there < id.bytes) {
    const auto bytes = from.read(id, *there, chunk);
    EXPECT_TRUE(bytes);
    there = to.receive(*there, *bytes);
  }
  if (!there) return std::unexpected(as_snapshot_error(there.error()));
  return finish_receive(to);
}

inline std::expected<Pieces, SnapshotError> load(Disk& disk, const std::string& path) {
  Pieces pieces;
  const auto meta = read_snapshot(disk, path, kIdentity.cluster, [&](std::string_view piece) {
    pieces.emplace_back(piece);
    return true;
  });
  if (!meta) return std::unexpected(meta.error());
  return pieces;
}

// Whatever the store lists is whole and is what its name says.
inline void expect_sound(Disk& disk, const SnapshotStore& store) {
  for (const auto& snapshot : store.snapshots()) {
    const auto index = snapshot.id.last.index.value();
    EXPECT_EQ(snapshot.meta, meta_at(index));
    const auto pieces = load(disk, snapshot.path);
    ASSERT_TRUE(pieces) << pieces.error().message();
    EXPECT_EQ(*pieces, pieces_at(index));
  }
}

inline std::vector<std::uint64_t> indexes(const SnapshotStore& store) {
  std::vector<std::uint64_t> found;
  for (const auto& snapshot : store.snapshots()) found.push_back(snapshot.id.last.index.value());
  return found;
}

// How the files in DIR/snapshot are called, with what the store does not list.
inline std::vector<std::string> files(Disk& disk) {
  const auto names = disk.list(snapshot_dir(kDir));
  EXPECT_TRUE(names);
  return names ? *names : std::vector<std::string>();
}

}  // namespace holdfast::storage
