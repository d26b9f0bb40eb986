#pragma once

#include <optional>
#include <string>
#include <vector>

#include "explore/bounds.hpp"
#include "explore/hasher.hpp"
#include "raft/core.hpp"

namespace holdfast::explore {

// All times are this one, and all durations are zero. A timeout is therefore always due, a leader
// that was heard never keeps a node from voting, a leader's tick finds that it hears no majority,
// and what is not answered is sent again at the first sign of life: everything that any timing
// allows may happen at any moment.
inline constexpr Instant kNow{std::chrono::seconds(1)};

struct OpenRead {
  std::uint64_t token = 0;
  Index floor;  // what was committed when it was asked for
};

// A snapshot that a node was sent: a file that may be durable already.
struct Received {
  NodeId from;
  raft::SnapshotMeta meta;
  bool operator==(const Received&) const = default;
};

// One node and its host: what a Core needs around it to be run.
struct Node {
  raft::Core core;
  raft::Restored disk{};
  std::vector<raft::Persist> writing{};  // handed to the disk, not finished
  Ticket durable{};
  Index handed_out{};
  std::uint64_t tokens = 0;  // the newest that a read was given; survives a crash
  std::vector<OpenRead> reads{};
  std::optional<Received> received{};  // and not yet installed

  template <class Visitor>
  void describe(Visitor& visit) const {
    visit(core.id(), core, disk, writing, handed_out, tokens, reads, received);
  }
  Fingerprint fingerprint(const Renaming& renaming) const;
};

// What happens to a node next. Its turn ends at once, so that there are no turns of several events.
struct Input {
  enum class Kind : std::uint8_t {
    kDeliver,  // argument: the message
    kFinishWrite,
    kTimeout,
    kPropose,
    kRead,      // argument: the committed index
    kCrash,     // and starts again; argument: see Crash
    kTransfer,  // argument: to whom
    kChange,    // argument: the voters of the target, a bit for each node from 1
    kSnapshot,  // argument: the last entry
    kReceive,   // argument: the snapshot
    kInstall,   // what was received
  };
  Kind kind = Kind::kDeliver;
  std::uint32_t argument = 0;

  bool operator==(const Input&) const = default;
};

// How far the disk was when a node crashed.
struct Crash {
  std::size_t finished = 0;   // of its writes
  bool has_received = false;  // the snapshot that it was sent is durable

  std::uint32_t argument() const {
    return static_cast<std::uint32_t>(2 * finished + (has_received ? 1 : 0));
  }
  static Crash of(std::uint32_t argument) { return {argument / 2, argument % 2 != 0}; }
};

// What comes of it.
struct Outcome {
  Node node;  // not to be used if a CHECK failed
  std::vector<raft::Envelope> sent{};
  std::size_t forced_writes = 0;  // finished since the disk may not fall behind further
  std::vector<raft::ReadGranted> reads_granted{};
  std::string broken{};                     // the property that does not hold; empty: all do
  bool check_failed = false;                // … of the core's own
  std::optional<raft::Envelope> promise{};  // the message that breaks it, if one does
};

// The cluster's configuration for node `id`, and how it starts.
raft::Config config_of(NodeId id, const Bounds& bounds);
Node first_start(NodeId id, const Bounds& bounds);

// What is delivered or received: the input's argument names it.
struct Given {
  const raft::Envelope* message = nullptr;
  const Received* snapshot = nullptr;
};
Outcome take_turn(const Node& before, Input input, Given given, const Bounds& bounds);

// The log with which a node starts from this disk.
raft::Log recovered(const raft::Restored& disk);

// The target of a kChange.
raft::Membership members_of(std::uint32_t voters);

}  // namespace holdfast::explore
