#pragma once

#include <optional>
#include <string>
#include <vector>

#include "raft/messages.hpp"

namespace holdfast::raft {

// Work for the disk. Batches are to be made durable in the order of their tickets; the host then
// returns the newest ticket that is durable to Core::persisted. What must not leave before that
// the core holds back itself (Thesis §10.2.1).
struct Persist {
  Ticket ticket;
  std::optional<HardState> hard_state;
  // The log is emptied and goes on behind this entry, the last of a snapshot that is durable. Comes
  // before `entries`.
  std::optional<Position> reset = {};
  // Entries `first`, `first`+1, …; they replace whatever the log holds from `first` on. No
  // entries: the log stays as it is.
  Index first;
  std::vector<Entry> entries;
  // What stands before this index is in a durable snapshot and is never asked for again: the disk
  // may drop it when it suits. Zero: nothing new.
  Index first_needed = {};
};

// What a disk that is a value in memory holds after a batch. Its snapshot is the host's affair.
void write(const Persist& batch, Restored& disk);

struct Committed {
  Index index;
  Entry entry;
};

// A read asked for by Core::read may be answered from a state that has applied `index`.
// If another node leads, `time_ms` is what its host wrote into the answer.
struct ReadGranted {
  std::uint64_t token = 0;
  Index index;
  std::uint64_t time_ms = 0;
};

// What a host must do after a turn, in any order among the fields and in order within each.
struct Effects {
  std::vector<Persist> persist;
  std::vector<Envelope> messages;
  std::vector<Committed> committed;
  std::vector<ReadGranted> reads_granted;
  std::vector<std::uint64_t> reads_refused;  // no answer will come: ask again, with a new token
  std::vector<std::string> trace;            // one line per decision worth knowing
  // Entries that the log has dropped: to be freed where nobody waits for it.
  std::vector<std::vector<Entry>> dropped;
};

}  // namespace holdfast::raft
