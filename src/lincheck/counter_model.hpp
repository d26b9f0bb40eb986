#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lincheck/model.hpp"

namespace holdfast::lincheck {

// incr and get of one key. A counter that is missing is 0, and its get may find either.
class CounterModel {
 public:
  struct State {
    std::int64_t count = 0;
    bool operator==(const State&) const = default;
  };

  CounterModel(std::span<const Entry> entries, const Schedule& schedule);

  static State initial() { return {}; }
  std::optional<State> step(State state, OpId op) const;
  bool is_read(OpId op) const { return steps_[op].is_read; }
  std::uint64_t likeness(OpId op) const { return static_cast<std::uint64_t>(steps_[op].delta); }
  static std::uint32_t lanes() { return 1; }
  static std::uint32_t starts(std::uint32_t) { return 0; }
  std::span<const Touch> touches(OpId op) const { return {&steps_[op].touch, 1}; }
  bool reaches(State state, std::uint32_t lane, OpId op) const;
  static Starts starts_for(std::uint32_t, OpId) { return std::nullopt; }
  static Doomed doomed(State, std::uint32_t, OpId, State) { return {kNoOp, kNoOp}; }

 private:
  struct Step {
    bool is_read = false;
    bool fits_none = false;  // its output is no number
    std::int64_t delta = 0;
    std::optional<std::int64_t> output;  // the count behind it
    Touch touch;
  };

  std::vector<Step> steps_;
  bool only_rises_ = true;
};

}  // namespace holdfast::lincheck
