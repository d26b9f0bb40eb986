#pragma once

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

// What one object does with the operations of one partition; it was made from their entries.
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
  // It may leave a state that the one before does not reach.
  bool overwrites = false;
};

// Optional: looking ahead. A state `reaches` an operation if the operation could have its output
// after any operations that don't overwrite; a wrong "yes" costs time, a wrong "no" the verdict.
template <class M>
concept ForeseesObservers = Model<M> &&
    requires(const M& model, typename M::State state, std::uint32_t lane, OpId op) {
  { model.lanes() } -> std::same_as<std::uint32_t>;
  { model.touches(op) } -> std::same_as<std::span<const Touch>>;
  { model.reaches(state, lane, op) } -> std::same_as<bool>;
};

}  // namespace holdfast::lincheck
