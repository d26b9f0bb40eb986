#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lincheck/interner.hpp"
#include "lincheck/key.hpp"
#include "lincheck/key_foresight.hpp"
#include "lincheck/model.hpp"

namespace holdfast::lincheck {

// All operations, of any number of keys that change at once. The state is every key's state; each
// key is a lane.
class MapModel {
 public:
  struct State {
    std::uint64_t number = 0;  // of a row of key states
    bool operator==(const State&) const = default;
  };

  MapModel(std::span<const Entry> entries, const Schedule& schedule);

  State initial();
  std::optional<State> step(State state, OpId op);
  bool is_read(OpId op) const { return steps_[op].is_read; }
  std::uint64_t likeness(OpId op) const { return likeness_[op]; }
  std::uint32_t lanes() const { return static_cast<std::uint32_t>(keys_.size()); }
  std::uint32_t starts(std::uint32_t lane) const { return foresights_[lane].starts(); }
  std::span<const Touch> touches(OpId op) const { return steps_[op].touches; }
  bool reaches(State state, std::uint32_t lane, OpId op) const;
  Starts starts_for(std::uint32_t lane, OpId op) const;
  Doomed doomed(State before, std::uint32_t lane, OpId op, State after) const;
  std::size_t memory_bytes() const { return states_ ? states_->memory_bytes() : 0; }

 private:
  struct Part {
    std::uint32_t lane;
    Key::ActionId action;
  };
  // An operation: what it does to its keys, in this order.
  struct Step {
    std::vector<Part> parts;
    std::vector<Touch> touches;
    bool is_read = false;
    // del tells of all its keys together how many there were.
    std::optional<std::int64_t> deleted;
  };

  void add_touch(Step& step, const Part& part) const;
  Key::State key_state(State state, std::uint32_t lane) const;
  const Part* only_part(std::uint32_t lane, OpId op) const;

  std::vector<Key> keys_;
  std::vector<KeyForesight> foresights_;  // of each key
  std::vector<Step> steps_;
  std::vector<std::uint64_t> likeness_;
  std::optional<Interner> states_;
  std::vector<std::uint64_t> row_;
};

}  // namespace holdfast::lincheck
