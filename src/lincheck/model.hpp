#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "lincheck/history.hpp"
#include "lincheck/schedule.hpp"

namespace holdfast::lincheck {

// An operation of a partition as a model is given it. If it has not returned, its output says
// nothing, whatever it is: that is how a history is cut off at some time.
struct Entry {
  const Operation* operation = nullptr;
  bool returned = false;
};

// A name for a state, of 64 bits: two states have one name if and only if no operation tells them
// apart. A model with larger states numbers them, as Interner does.
template <class S>
concept StateName = std::regular<S> && std::is_trivially_copyable_v<S> &&
                    std::has_unique_object_representations_v<S> && sizeof(S) == 8;

// What one object does with the operations of one partition. It was made from their entries and
// their schedule, which both outlive it.
template <class M>
concept Model = StateName<typename M::State> &&
    requires(M& model, typename M::State state, OpId op) {
  { model.initial() } -> std::same_as<typename M::State>;
  // The state after the operation; nothing if it can't have its output there. An
  // unknown output fits any.
  { model.step(state, op) } -> std::same_as<std::optional<typename M::State>>;
};

// Optional: which operations never change a state. They are tried first and never undone by
// themselves, since one that fits now fits in front of everything else.
template <class M>
concept TellsReads = Model<M> && requires(const M& model, OpId op) {
  { model.is_read(op) } -> std::same_as<bool>;
};

using Observers = std::optional<std::span<const OpId>>;

// Optional: which writes nobody ever observes, and who can observe a state, or what becomes of it
// before it is overwritten. When they all have taken effect, the state is dead, and a quiet write
// is like a read that fits: it may as well be now.
template <class M>
concept TellsQuiet = TellsReads<M> && requires(const M& model, typename M::State state, OpId op) {
  { model.is_quiet(op) } -> std::same_as<bool>;
  { model.observers_of(state) } -> std::same_as<Observers>;  // nothing: unknown
};

// Optional: operations with equal numbers do the same to every state. Of such with an unknown
// outcome, only the first called is tried.
template <class M>
concept TellsTwins = Model<M> && requires(const M& model, OpId op) {
  { model.likeness(op) } -> std::same_as<std::uint64_t>;
};

// How an operation meets a lane: a part of the state, like a key, that changes by itself.
struct Touch {
  std::uint32_t lane = 0;
  // Its output, or what it leaves behind, depends on the lane's state before it. Adding to the end
  // of a value does not count.
  bool observes = false;
  // If it may leave a state that the one before does not reach: its start, a number that tells
  // what it leaves. Else kNoStart.
  std::uint32_t start = kNoStart;

  static constexpr std::uint32_t kNoStart = ~std::uint32_t{0};
  bool overwrites() const { return start != kNoStart; }
};

using Starts = std::optional<std::span<const std::uint32_t>>;
// Operations, or kNoOp.
using Doomed = std::array<OpId, 2>;

// Optional: looking ahead. A wrong word in the careful direction costs time, in the other one it
// costs the verdict.
template <class M>
concept ForeseesObservers = Model<M> &&
    requires(const M& model, typename M::State state, std::uint32_t lane, OpId op) {
  { model.lanes() } -> std::same_as<std::uint32_t>;
  { model.starts(lane) } -> std::same_as<std::uint32_t>;  // their numbers are below
  { model.touches(op) } -> std::same_as<std::span<const Touch>>;
  // Could the operation have its output after any operations that don't overwrite? (Careful: yes.)
  { model.reaches(state, lane, op) } -> std::same_as<bool>;
  // The starts from which the operation could be reached; nothing: any. (Careful: more.)
  { model.starts_for(lane, op) } -> std::same_as<Starts>;
  // Observers that can never have their output if they have not taken effect before `op` led from
  // one state to the other. (Careful: none.)
  { model.doomed(state, lane, op, state) } -> std::same_as<Doomed>;
};

}  // namespace holdfast::lincheck
