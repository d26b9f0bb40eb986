#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lincheck/key.hpp"
#include "lincheck/model.hpp"

namespace holdfast::lincheck {

// Operations of one key each, all of the same.
class KeyModel {
 public:
  using State = Key::State;

  // The operations outlive the model.
  explicit KeyModel(std::span<const Entry> entries);

  State initial() const { return Key::missing(); }
  // An operation's action has the operation's number.
  std::optional<State> step(State state, OpId op) { return key_.apply(state, op); }
  bool is_read(OpId op) const { return is_read_[op]; }
  std::uint64_t likeness(OpId op) const { return likeness_[op]; }
  static std::uint32_t lanes() { return 1; }
  std::span<const Touch> touches(OpId op) const { return {&touches_[op], 1}; }
  bool reaches(State state, std::uint32_t, OpId op) const { return key_.reaches(state, op); }

 private:
  Key key_;
  std::vector<bool> is_read_;
  std::vector<Touch> touches_;
  std::vector<std::uint64_t> likeness_;
};

// What an operation does to the key at position `i` of its keys.
Key::Action action_of(const Entry& entry, std::size_t i);

// As TellsTwins says, for operations that have not returned.
std::vector<std::uint64_t> likeness_of(std::span<const Entry> entries);

}  // namespace holdfast::lincheck
