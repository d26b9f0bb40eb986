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

  // The operations outlive the model.
  explicit RegisterModel(std::span<const Entry> entries);

  static State initial() { return {}; }
  std::optional<State> step(State state, OpId op) const;
  bool is_read(OpId op) const { return !steps_[op].touch.overwrites; }
  std::uint64_t likeness(OpId op) const { return steps_[op].value.value; }
  static std::uint32_t lanes() { return 1; }
  std::span<const Touch> touches(OpId op) const { return {&steps_[op].touch, 1}; }
  bool reaches(State state, std::uint32_t, OpId op) const {
    return !steps_[op].touch.observes || state == steps_[op].value;
  }

 private:
  struct Step {
    Touch touch;
    State value;  // that a put writes, or a get with an output has found
  };
  State number(std::string_view value);

  boost::unordered_flat_map<std::string_view, std::uint64_t> numbers_;
  std::vector<Step> steps_;
};

}  // namespace holdfast::lincheck
