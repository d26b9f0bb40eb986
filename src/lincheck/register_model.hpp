#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lincheck/model.hpp"

namespace holdfast::lincheck {

// put and get of one key.
class RegisterModel {
 public:
  struct State {
    std::uint64_t value = 0;  // a value's number; 0 for none
    bool operator==(const State&) const = default;
  };

  RegisterModel(std::span<const Entry> entries, const Schedule& schedule);

  static State initial() { return {}; }
  std::optional<State> step(State state, OpId op) const;
  bool is_read(OpId op) const { return !steps_[op].touch.overwrites(); }
  std::uint64_t likeness(OpId op) const { return steps_[op].value.value; }
  static std::uint32_t lanes() { return 1; }
  std::uint32_t starts(std::uint32_t) const {
    return static_cast<std::uint32_t>(numbers_.size() + 1);
  }
  std::span<const Touch> touches(OpId op) const { return {&steps_[op].touch, 1}; }
  bool reaches(State state, std::uint32_t, OpId op) const {
    return !steps_[op].touch.observes || state == steps_[op].value;
  }
  Starts starts_for(std::uint32_t, OpId op) const { return {{&steps_[op].start, 1}}; }
  static Doomed doomed(State, std::uint32_t, OpId, State) { return {kNoOp, kNoOp}; }

 private:
  struct Step {
    Touch touch;
    State value;              // that a put writes, or a get with an output has found
    std::uint32_t start = 0;  // the same
  };
  State number(std::string_view value);

  boost::unordered_flat_map<std::string_view, std::uint64_t> numbers_;
  std::vector<Step> steps_;
};

}  // namespace holdfast::lincheck
