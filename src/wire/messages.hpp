#pragma once

#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "raft/messages.hpp"

namespace holdfast::wire {

inline constexpr std::uint16_t kVersion = 4;

// The first frame in each direction of a peer connection. A node that reads another version,
// another cluster or a name that is not its own closes the connection and logs why. Whom it does
// not know it answers at `peer_address`: that is how a node joins.
struct Hello {
  std::uint16_t version = kVersion;
  std::uint64_t cluster = 0;
  NodeId from;
  NodeId to;
  std::string client_address;  // where `from` serves clients, HOST:PORT
  std::string peer_address;    // where its peers reach it, HOST:PORT
  // In `from`'s data there is something of `to`: that has lived before, and must not be empty now.
  bool knows_receiver = false;

  bool operator==(const Hello&) const = default;
};

// Writes that clients gave to a follower, on their way to the leader: one kv batch section, which
// the leader checks before it proposes it. Sent again after a leader change; applied once.
struct Forward {
  Term term;  // the term in which the sender believes the receiver to lead
  Payload section;

  bool operator==(const Forward&) const = default;
};

// A part of a snapshot's file, on its way from the leader to a follower whose log it has dropped.
// Empty: an offer, to be answered with how much of that very file is there.
struct SnapshotChunk {
  Term term;
  raft::Position last;  // what the snapshot stands for
  std::uint64_t number = 0;
  std::uint64_t total = 0;  // bytes of the file
  std::uint64_t offset = 0;
  Payload bytes;

  bool operator==(const SnapshotChunk&) const = default;
};

struct SnapshotAck {
  Term term;
  std::uint64_t number = 0;
  // Bytes from the file's front that are on disk; kNotTaken: it can't be received, for a reason
  // that its receiver tells its operator.
  std::uint64_t received = 0;
  static constexpr std::uint64_t kNotTaken = UINT64_MAX;

  bool operator==(const SnapshotAck&) const = default;
};

using PeerMessage = std::variant<raft::Message, Forward, SnapshotChunk, SnapshotAck>;

}  // namespace holdfast::wire
