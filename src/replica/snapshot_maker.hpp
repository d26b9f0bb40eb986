#pragma once

#include <optional>
#include <vector>

#include "base/prng.hpp"
#include "raft/core.hpp"
#include "replica/snapshot_jobs.hpp"
#include "replica/types.hpp"

namespace holdfast::replica {

// Decides when this node makes a snapshot of its state, and feeds it piece by piece to the thread
// that writes it, while the state goes on changing.
//
// One is due when the log since the last one takes more than the state itself, and more than
// Config::snapshot_log_bytes: what a restart reads is then at most about twice the state.
class SnapshotMaker {
 public:
  SnapshotMaker(std::uint64_t nonce, const Config& config) : config_(config), prng_(nonce) {}

  // This much of the log was applied.
  void applied(std::size_t bytes) { log_bytes_ += bytes; }
  // One is wanted whatever the log's size; answered when a snapshot of the state as it is now, or
  // later, is durable.
  void ask(RequestKey key);

  // The newest one can't be read any more: another is wanted, be it of the same state.
  void replace() { replaces_ = true; }

  // Begins one if it is due, and hands out what the writing thread has room for.
  void step(Instant now, const raft::Core& core, kv::StateMachine& machine,
            std::vector<SnapshotJob>& jobs);
  // The state is another one now: a copy of the old one leads nowhere.
  void abandon(std::vector<SnapshotJob>& jobs);

  // Of a snapshot that was abandoned, results may still come.
  void on(const result::Added& added) {
    if (making_ && added.number == number_) under_way_ -= added.bytes;
  }
  // Returns what the snapshot stands for.
  Index on(const result::Made& made);
  void on(Instant now, const result::NotMade& failed);

  // A longer log since the last one makes one due.
  std::size_t log_bytes_max(const kv::StateMachine& machine) const;
  bool is_making() const { return making_.has_value(); }
  // Then step() has something to do.
  Instant next_deadline() const;
  std::vector<Completion> take_completions() { return std::exchange(completions_, {}); }

 private:
  struct Waiting {
    RequestKey key;
    bool began = false;  // the snapshot that answers it
  };
  bool is_due(Instant now, const raft::Core& core, const kv::StateMachine& machine) const;
  void begin(const raft::Core& core, kv::StateMachine& machine, std::vector<SnapshotJob>& jobs);
  bool hurries(const kv::StateMachine& machine) const;
  void answer_if(bool began, const kv::Reply& reply);

  const Config& config_;
  Prng prng_;
  std::size_t log_bytes_ = 0;  // applied since the last snapshot began
  std::optional<raft::SnapshotMeta> making_;
  std::uint64_t number_ = 0;            // … under this number
  std::size_t log_bytes_at_begin_ = 0;  // to begin anew with after a failure
  bool is_handed_out_ = false;          // all of it
  std::size_t under_way_ = 0;           // to the thread that writes it
  Instant next_piece_;                  // not before, unless it hurries
  bool replaces_ = false;               // the newest one, as replace() asked
  Instant not_before_;                  // after a failure
  std::vector<Waiting> waiting_;
  std::vector<Completion> completions_;
};

}  // namespace holdfast::replica
