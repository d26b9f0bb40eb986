#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "raft/effects.hpp"
#include "replica/types.hpp"

namespace holdfast::replica {

// The reads of one node's clients. All that arrive in a turn share one question to the core. The
// answer to a question answers all before it, so one that is lost is not asked again as long as
// others follow it; after that the last one is asked again, under a new token.
//
// Invariant: granted groups come first.
class ReadQueue {
 public:
  // Tokens begin at a place that depends on the nonce, far from those of the node's other lives.
  ReadQueue(std::uint64_t nonce, const Config& config)
      : config_(config),
        resend_after_(config.resend_interval),
        prng_(nonce),
        last_token_(prng_.next() / 2) {}

  // Refused with a reply when too many wait. `max_stale` above zero: a state that was the newest
  // at most so long ago will do, so that many reads share one question.
  std::optional<kv::Reply> add(Instant now, RequestKey key, kv::Args args, Duration max_stale);
  // The token of a question for all reads that have none yet; zero if there is nothing to ask, or
  // if so many questions are open that this one waits and more reads gather for it.
  std::uint64_t next_question(Instant now);
  void granted(Instant now, const raft::ReadGranted& grant);
  void refused(std::uint64_t token);
  // Answers the reads whose index is applied.
  void answer(const kv::StateMachine& state);
  // Answers the reads that need more than this index with a refusal.
  void refuse_above(Index index, const kv::Reply& refusal);
  void tick(Instant now);
  void forget_client(std::uint64_t client);

  std::vector<Completion> take_completions() { return std::exchange(completions_, {}); }
  std::size_t size() const;
  std::size_t bytes() const { return bytes_; }
  Instant next_deadline() const;

 private:
  struct Read {
    RequestKey key;
    std::string command;
    Instant deadline;
  };
  struct Group {
    std::uint64_t token = 0;
    Instant asked;
    Index index = {};           // zero: not granted yet
    Instant granted = {};       // when that was
    std::uint64_t time_ms = 0;  // cluster time then
    std::vector<Read> reads;
  };
  void answer(Group& group, const kv::StateMachine& state);
  void answer(Read& read, const kv::StateMachine& state, Instant asked, Instant granted);
  bool awaits_answer() const { return !groups_.empty() && !groups_.back().index; }
  void drop_empty_groups();
  static std::size_t cost(const Read& read) { return read.command.size() + kRequestOverheadBytes; }
  template <class Condition>
  void drop_if(std::vector<Read>& reads, Condition condition);

  const Config& config_;
  Duration resend_after_;
  Prng prng_;
  std::uint64_t last_token_;
  std::uint64_t cluster_time_ms_ = 0;  // the latest that a grant told
  std::vector<Read> unasked_;
  std::vector<Read> content_;  // with the state that is applied
  // The state that is applied was the newest at this time, by a question asked then.
  std::optional<Instant> fresh_at_;
  std::deque<Group> groups_;  // oldest first
  Instant asked_at_;          // when the last question went out
  bool asks_again_ = false;
  std::size_t bytes_ = 0;
  std::vector<Completion> completions_;
  std::vector<std::string_view> args_;  // scratch, to parse without allocating
};

}  // namespace holdfast::replica
