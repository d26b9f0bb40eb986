#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

#include "lincheck/foresight.hpp"
#include "lincheck/memo.hpp"
#include "lincheck/model.hpp"
#include "lincheck/path_log.hpp"
#include "lincheck/queues.hpp"
#include "lincheck/schedule.hpp"

namespace holdfast::lincheck {

// Stopped at the bound of steps; found an order; there is none.
enum class Outcome : std::uint8_t { kRunning, kFound, kNone };

struct SearchOptions {
  bool foresight = true;  // off: orders go on until an output does not fit
  bool record = false;    // keep the longest orders
};

// Searches an order of one partition's operations, after Wing and Gong (1993) with Lowe's
// memoization (2017), as Porcupine does: take the first operation that may come next and fits the
// state, go on from there, go back when nothing fits. Differs from both in four ways:
// - A configuration is told by the operations that overlap one point in time (Configuration).
// - A read that fits needs no alternative: if there is an order with it later, there is one with it
//   now. (Not so a write that happens to change nothing: it may be needed to change something.)
// - An unknown outcome is tried last and need not be taken at all. One that changes nothing for
//   what follows is left out, and so is a configuration that differs from a seen one only in using
//   up more of them.
// - Foresight.
// Each rule drops orders only when one of the remaining ones is as good and not longer, so if there
// is an order, the search ends with one: by induction over the length of the shortest rest.
template <Model M>
class Search {
 public:
  // `model` and `schedule` outlive it, and stay where they are.
  Search(M& model, const Schedule& schedule, SearchOptions options)
      : model_(model),
        schedule_(schedule),
        queues_(schedule.size()),
        free_(queues_.add_queue()),
        writes_(queues_.add_queue()),
        unknowns_(queues_.add_queue()),
        bit_(schedule.size()),
        state_(model.initial()),
        taken_((schedule.slots() + 63) / 64),
        cursor_(free_) {
    fill_queues();
    memo_.emplace(taken_.size(), unknown_.size());
    if constexpr (ForeseesObservers<M>) {
      if (options.foresight) foresight_.emplace(model, schedule, queues_);
    }
    if (options.record) log_.emplace(schedule.size());
  }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  // Goes on from where it stopped, for so many steps at most.
  Outcome run(std::uint64_t steps_max) {
    const std::uint64_t end = steps_ + steps_max;
    while (rank_ < schedule_.returns()) {
      if (steps_ >= end) return Outcome::kRunning;
      const OpId op = next_candidate();
      if (op != kNoOp && attempt(op)) continue;
      if ((op == kNoOp || is_dead_end_) && !go_back()) return Outcome::kNone;
    }
    return Outcome::kFound;
  }

  // The operations taken so far: an order of all that returned once one is found.
  std::vector<OpId> order() const {
    std::vector<OpId> order;
    for (const Frame& frame : frames_) order.push_back(frame.op);
    return order;
  }
  // With the option `record`.
  PathLog& log() { return *log_; }
  // An order of all operations that returned with a rank below this one has been found.
  std::uint32_t furthest_rank() const { return furthest_rank_; }
  std::uint64_t steps() const { return steps_; }
  std::uint64_t states() const { return memo_->size(); }
  std::size_t memory_bytes() const {
    return memo_->memory_bytes() + queues_.memory_bytes() + frames_.capacity() * sizeof(Frame) +
           (log_ ? log_->memory_bytes() : 0);
  }

 private:
  static constexpr std::size_t kObserversLooked = 64;
  enum class Phase : std::uint8_t { kFree, kWrites, kUnknowns };
  // An operation that took effect, and all that it takes to undo it.
  struct Frame {
    typename M::State state;
    OpId op;
    Queues::Node cursor;
    std::uint32_t rank;
    Phase phase;
    bool is_unknown;
  };
  struct Nothing {};

  void fill_queues() {
    std::uint32_t unknowns = 0;
    std::map<std::uint64_t, OpId> last_alike;
    earlier_twin_.assign(schedule_.size(), kNoOp);
    for (const OpId op : schedule_.by_call()) {
      if (!schedule_.returned(op)) {
        bit_[op] = unknowns++;
        queues_.add(unknowns_, op);
        if constexpr (TellsTwins<M>) {
          const auto [alike, is_first] = last_alike.try_emplace(model_.likeness(op), op);
          if (!is_first) earlier_twin_[op] = std::exchange(alike->second, op);
        }
        continue;
      }
      bit_[op] = schedule_.slot(op);
      if (is_read(op) || is_quiet(op)) queues_.add(free_, op);
      if (!is_read(op)) queues_.add(writes_, op);
    }
    unknown_.assign((unknowns + 63) / 64, 0);
  }

  bool is_read(OpId op) const {
    if constexpr (TellsReads<M>) return model_.is_read(op);
    return false;
  }
  bool is_quiet(OpId op) const {
    if constexpr (TellsQuiet<M>) return model_.is_quiet(op);
    return false;
  }
  // Does an operation of the queue `free_` need no alternative, if it fits?
  bool is_free(OpId op) const {
    if constexpr (TellsQuiet<M>) return model_.is_read(op) || is_dead();
    return true;
  }
  bool is_dead() const requires TellsQuiet<M> {
    const Observers observers = model_.observers_of(state_);
    if (!observers || observers->size() > kObserversLooked) return false;
    return std::ranges::all_of(*observers, [&](OpId op) { return queues_.is_out(op); });
  }

  static bool has(const std::vector<std::uint64_t>& bits, std::uint32_t bit) {
    return (bits[bit / 64] >> (bit % 64) & 1) != 0;
  }
  static void flip(std::vector<std::uint64_t>& bits, std::uint32_t bit) {
    bits[bit / 64] ^= std::uint64_t{1} << (bit % 64);
  }

  // The next operation that is not preceded by one that still has to take effect.
  OpId next_candidate() {
    while (true) {
      cursor_ = queues_.next(cursor_);
      const OpId op = queues_.op(cursor_);
      if (op != kNoOp && schedule_.returned_before(op) <= rank_) return op;
      switch (phase_) {
        case Phase::kFree:
          phase_ = Phase::kWrites;
          cursor_ = writes_;
          break;
        case Phase::kWrites:
          phase_ = Phase::kUnknowns;
          cursor_ = unknowns_;
          break;
        case Phase::kUnknowns:
          return kNoOp;
      }
    }
  }

  bool attempt(OpId op) {
    const bool is_free_phase = phase_ == Phase::kFree;
    if (is_free_phase && !is_free(op)) return false;
    ++steps_;
    const auto next = model_.step(state_, op);
    if (!next) return false;
    const bool is_unknown = !schedule_.returned(op);
    if (is_unknown && (*next == state_ || has_earlier_twin(op))) return false;
    if (!is_free_phase && makes_last_needless(op, *next)) return false;
    const typename M::State before = state_;
    frames_.push_back({state_, op, cursor_, rank_, phase_, is_unknown});
    take(op, *next);
    if (log_) log_->push(op);
    if (is_promising(before, op) && (is_free_phase || remember())) {
      furthest_rank_ = std::max(furthest_rank_, rank_);
      cursor_ = free_;
      phase_ = Phase::kFree;
      return true;
    }
    is_dead_end_ = is_free_phase;  // its alternatives fail, too
    undo();
    return false;
  }

  bool has_earlier_twin(OpId op) const {
    const OpId twin = earlier_twin_[op];
    return twin != kNoOp && !has(unknown_, bit_[twin]);
  }

  // Was the last operation an unknown outcome that this one hides?
  bool makes_last_needless(OpId op, typename M::State next) {
    if (frames_.empty() || !frames_.back().is_unknown) return false;
    return model_.step(frames_.back().state, op) == next;
  }

  void take(OpId op, typename M::State next) {
    queues_.lift(op);
    state_ = next;
    if (!schedule_.returned(op)) return flip(unknown_, bit_[op]);
    flip(taken_, bit_[op]);
    for (; rank_ < schedule_.returns(); ++rank_) {
      const std::uint32_t slot = schedule_.slot(schedule_.returning(rank_));
      if (!has(taken_, slot)) break;
      flip(taken_, slot);
    }
  }

  void undo() {
    const Frame& frame = frames_.back();
    for (std::uint32_t rank = frame.rank; rank < rank_; ++rank) {
      flip(taken_, schedule_.slot(schedule_.returning(rank)));
    }
    flip(frame.is_unknown ? unknown_ : taken_, bit_[frame.op]);
    rank_ = frame.rank;
    state_ = frame.state;
    cursor_ = frame.cursor;
    phase_ = frame.phase;
    queues_.unlift(frame.op);
    if (log_) log_->pop();
    frames_.pop_back();
  }

  bool go_back() {
    is_dead_end_ = false;
    for (bool again = true; again;) {
      if (frames_.empty()) return false;
      again = frames_.back().phase == Phase::kFree;
      undo();
    }
    return true;
  }

  bool is_promising(typename M::State before, OpId op) const {
    if constexpr (ForeseesObservers<M>) {
      if (foresight_) return foresight_->allows(before, op, state_);
    }
    return true;
  }

  bool remember() {
    return memo_->add({rank_, std::bit_cast<std::uint64_t>(state_), taken_, unknown_});
  }

  template <class T>
  struct ForesightOf {
    using type = Nothing;
  };
  template <ForeseesObservers T>
  struct ForesightOf<T> {
    using type = Foresight<T>;
  };

  M& model_;
  const Schedule& schedule_;
  Queues queues_;
  Queues::Node free_;  // reads and quiet writes
  Queues::Node writes_;
  Queues::Node unknowns_;
  std::vector<std::uint32_t> bit_;  // in taken_ or in unknown_
  std::vector<OpId> earlier_twin_;
  std::optional<Memo> memo_;
  std::optional<typename ForesightOf<M>::type> foresight_;
  std::optional<PathLog> log_;

  typename M::State state_;
  std::uint32_t rank_ = 0;
  std::vector<std::uint64_t> taken_;
  std::vector<std::uint64_t> unknown_;
  std::vector<Frame> frames_;
  Queues::Node cursor_;
  Phase phase_ = Phase::kFree;
  bool is_dead_end_ = false;
  std::uint32_t furthest_rank_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace holdfast::lincheck
