#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "kv/batch.hpp"
#include "replica/types.hpp"

namespace holdfast::replica {

// The writes of one node's clients, from submission until this node has applied them.
//
// Each gets the next number of this node's epoch when it is first sent. Sent is not applied: the
// leader may die with it. So all that is not applied is sent again, under the same numbers, and
// every replica applies each number once (kv::StateMachine). That makes a write exactly-once for
// any client as long as the node it talks to lives.
//
// A client that was told UNKNOWN must not be surprised by its write an hour later. Its write
// stays where it is until a new epoch is open: after that no replica applies the old numbers, and
// what is left is numbered anew. The same happens when the node starts.
//
// Invariants: numbered_[i] has the number first_seq_ + i; sent_, given_up_ <= numbered_.size();
// exactly the first given_up_ have no key; deadlines rise along numbered_ and on along waiting_.
class WriteQueue {
 public:
  WriteQueue(NodeId self, std::uint64_t nonce, const Config& config)
      : self_(self), nonce_(nonce), config_(config), resend_after_(config.resend_interval) {}

  // Refused with a reply when the command or the queue is too large.
  std::optional<kv::Reply> add(Instant now, RequestKey key, kv::Args args);
  // The next writes to go to the leader as an encoded section, or its first step: to open an
  // epoch. Empty when there is nothing to send now; else `room` bytes stand before it, for what the
  // caller has to say first: to copy all commands behind that would take long.
  std::string next_section(Instant now, std::size_t room = 0);
  // All that is not applied goes out again, at once.
  void send_again();
  // Answers what has waited too long; sends again what seems lost on its way to another node.
  void tick(Instant now, bool leader_is_self);

  // What this node applied.
  // `durable`: when it was that here, if that is known.
  void applied(Instant now, Index epoch, std::uint64_t seq, kv::Reply reply, Instant durable = {});
  void gap(Index epoch, std::uint64_t expected);
  void opened(std::uint64_t nonce, Index epoch);
  // A snapshot has taken the place of entries that were never applied here: of this epoch all
  // below this number are done, with answers that nobody knows any more.
  void skipped(Index epoch, std::uint64_t next_seq);

  void forget_client(std::uint64_t client);

  std::vector<Completion> take_completions() { return std::exchange(completions_, {}); }
  // An epoch was asked for, perhaps in vain.
  bool has_asked() const { return has_asked_; }
  // An epoch was opened since this node was started.
  bool has_opened() const { return static_cast<bool>(epoch_); }
  std::size_t size() const { return numbered_.size() + waiting_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t unsent_bytes() const { return bytes_ - sent_bytes_; }
  Instant next_deadline() const;

 private:
  struct Write {
    std::optional<RequestKey> key;  // none: nobody waits for it any more
    std::string command;
    Instant deadline;
    Instant sent = {};
  };
  static std::size_t cost(const Write& write) {
    return write.command.size() + kRequestOverheadBytes;
  }
  // Without an answer for this long, what was sent counts as lost.
  Duration answer_time() const { return resend_after_ + raft::travel_time(sent_bytes_); }
  // Those that the next section has room for, and the window.
  struct Commands {
    std::uint32_t count = 0;
    std::size_t bytes = 0;
  };
  Commands next_commands() const;
  const Write& send_next(Instant now);
  void expire(Instant now);
  Write take_front();
  void finish(const Write& write, kv::Reply reply, Cost cost = {});

  NodeId self_;
  std::uint64_t nonce_;
  const Config& config_;

  std::deque<Write> numbered_;  // were sent at least once in this epoch
  std::deque<Write> waiting_;   // behind them
  std::size_t bytes_ = 0;
  Index epoch_;  // zero: none is open
  bool has_asked_ = false;
  bool renumbering_ = true;      // waits for a new epoch; nothing else is sent meanwhile
  std::uint64_t first_seq_ = 1;  // of numbered_.front()
  std::size_t given_up_ = 0;     // of numbered_: nobody waits for them any more
  std::size_t sent_ = 0;         // … and these need not be sent again, as far as is known
  std::size_t sent_bytes_ = 0;   // what they cost
  std::uint64_t gap_seen_at_ = 0;

  Duration resend_after_;
  std::optional<Instant> waiting_since_;  // something is on its way and nothing has come back
  std::vector<Completion> completions_;
};

}  // namespace holdfast::replica
