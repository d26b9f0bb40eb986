#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "kv/state_machine.hpp"
#include "replica/types.hpp"
#include "storage/snapshot_store.hpp"

namespace holdfast::replica {

// What a client asks for to have a copy of the newest snapshot's file.
struct FetchRequest {
  std::uint64_t offset = 0;
  std::size_t size = 0;
  std::uint64_t number = 0;  // of the snapshot of which there is a part already; zero: the newest
};

// What a replica has done with snapshot files, by a thread of the host's (SnapshotWorker), in this
// order. Files, compression, and building or freeing a whole state take too long for a turn.
namespace job {
// Making one: Begin, an Add for each piece, Finish.
struct Begin {
  raft::SnapshotMeta meta;
  std::uint64_t number = 0;
};
struct Add {
  std::string piece;
};
struct Finish {};
struct Abandon {};
// Sending one: a part of its file.
struct Read {
  NodeId peer;
  storage::SnapshotId id;
  std::uint64_t offset = 0;
  std::size_t size = 0;
};
// These, and no others, are being sent: they stay though newer ones come.
struct Pin {
  std::vector<storage::SnapshotId> ids;
};
// Removes one that can't be read any more.
struct Drop {
  storage::SnapshotId id;
};
// Receiving one. FinishReceive verifies it and builds its state.
struct BeginReceive {
  storage::SnapshotId id;
};
struct Receive {
  std::uint64_t offset = 0;
  Payload bytes;
};
struct FinishReceive {};
// A part of a file, for a client.
struct Fetch {
  RequestKey key;
  FetchRequest wanted;
};
// Frees a state, what FLUSHALL has dropped of one, or a part of the log.
struct Free {
  std::variant<kv::StateMachine, std::vector<raft::Entry>> what;
};
}  // namespace job
using SnapshotJob =
    std::variant<job::Begin, job::Add, job::Finish, job::Abandon, job::Read, job::Pin, job::Drop,
                 job::BeginReceive, job::Receive, job::FinishReceive, job::Fetch, job::Free>;

namespace result {
struct Added {
  std::uint64_t number = 0;  // of job::Begin
  std::size_t bytes = 0;     // of the piece
};
struct Made {
  storage::SnapshotId id;
};
struct NotMade {
  std::uint64_t number = 0;  // of job::Begin
  std::string reason;
};
struct Chunk {
  NodeId peer;
  storage::SnapshotId id;
  std::uint64_t offset = 0;
  storage::IoResult<Payload> bytes;  // as many as were asked for
};
struct Received {
  storage::SnapshotId id;
  std::uint64_t bytes = 0;  // are there by now
};
struct Loaded {
  storage::SnapshotId id;
  raft::SnapshotMeta meta;
  kv::StateMachine state;
};
struct NotReceived {
  storage::SnapshotId id;
  std::string reason;
};
struct Fetched {
  RequestKey key;
  storage::SnapshotId id;  // index zero: there is none
  storage::IoResult<std::string> bytes;
};
}  // namespace result
using SnapshotResult =
    std::variant<result::Added, result::Made, result::NotMade, result::Chunk, result::Received,
                 result::Loaded, result::NotReceived, result::Fetched>;

}  // namespace holdfast::replica
