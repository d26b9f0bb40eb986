#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kv/batch.hpp"
#include "kv/limits.hpp"
#include "kv/moment.hpp"
#include "kv/reply.hpp"

namespace holdfast::kv {

// Hears what an applied batch did. Calls come in the order of the commands.
class ApplyListener {
 public:
  virtual ~ApplyListener() = default;
  virtual void applied(NodeId origin, Index epoch, std::uint64_t seq, Reply reply) = 0;
  // Commands were skipped: `expected` is the number that must come next from this origin.
  virtual void gap(NodeId origin, Index epoch, std::uint64_t expected) = 0;
  virtual void opened(NodeId origin, std::uint64_t nonce, Index epoch) = 0;
};

struct State;

// The replicated state: keyspace, sessions, each node's numbering, cluster time. A pure function
// of the batches applied: no clock, no chance, nothing that depends on a container's order.
//
// Exactly-once within a node's epoch: a command is applied only if its epoch is its origin's
// current one and its number is the next; a lower number was applied before and is passed over
// in silence, a higher one is a gap. A section of another epoch is passed over in silence. Of two
// OpenSections of one origin in one entry the first counts and the second is passed over, so that
// an epoch belongs to one process.
//
// Reads may come through the log as well; they are answered as of their place in it.
class StateMachine {
 public:
  explicit StateMachine(Limits limits = {});
  ~StateMachine();
  StateMachine(StateMachine&&) noexcept;
  StateMachine& operator=(StateMachine&&) noexcept;

  // Applies the payload of the entry at `index`; indexes rise. The payload was written by
  // put_batch_header / put_section, or is empty (a no-op entry).
  void apply(Index index, std::string_view payload, ApplyListener& listener);

  // Answers a command whose spec says that it does not write, or an error reply if its arguments
  // are wrong.
  Reply read(Args args, const Moment& moment = {}) const;
  // Makes reads of these keys, up to kPrefetchMax, faster that follow soon.
  static constexpr std::size_t kPrefetchMax = 32;
  void prefetch(std::span<const std::string_view> keys) const;

  // What FLUSHALL has dropped, as a state to be destroyed where nobody waits for it: that takes
  // time for each key. Until it is taken this state keeps it. Nothing: there is none.
  std::optional<StateMachine> take_dropped();

  // How far a node's numbered commands were applied. Index zero: it has never opened an epoch.
  struct Numbering {
    Index epoch;
    std::uint64_t next_seq = 1;
  };
  Numbering numbering_of(NodeId origin) const;

  // When an entry with a later cluster time has something to do: the next key expires then, or has
  // expired and is not yet removed. Nothing: no key expires.
  std::optional<std::uint64_t> next_expiry_ms() const;

  Index applied_index() const;
  std::uint64_t cluster_time_ms() const;
  // Of the whole state; equal on two replicas with the same applied index. Work is
  // bounded by the keys of the slots that changed since it was last asked for, and the number of
  // sessions.
  std::uint64_t digest();
  std::size_t key_count() const;
  std::size_t expiring_count() const;    // keys that have an expiry
  std::uint64_t mean_expiry_ms() const;  // of these; zero: there are none
  // Keys that this object has removed for their time had come. Not of the state: a copy of it
  // begins at zero.
  std::uint64_t expired_count() const;
  std::size_t session_count() const;
  std::size_t session_reply_bytes() const;  // of Limits::reply_bytes_max

  // A copy of the state as it is when it begins, made of pieces that are taken while the state goes
  // on changing; a StateBuilder makes a state of them. No change waits for the copy: a pair or a
  // session that is about to change before the copy has it is kept aside first.
  //
  // Begins a copy, instead of an earlier one that is not finished. Takes time for the number of
  // sessions and of nodes.
  void begin_copy();
  bool is_copying() const;
  // The next piece, about `bytes` long and made in time for these; a single long value or session
  // makes it longer. Empty: there is no copy, or it is complete (and is_copying() is false).
  std::string next_piece(std::size_t bytes);
  // What is kept aside for the copy and not yet taken, its extra memory. Bounded by state_bytes()
  // as it was when the copy began.
  std::size_t copy_bytes_waiting() const;
  void abandon_copy();
  // Roughly what a copy of the state as it is now would take.
  std::size_t state_bytes() const;

 private:
  friend class StateBuilder;
  explicit StateMachine(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace holdfast::kv
