#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lincheck/key.hpp"
#include "lincheck/key_foresight.hpp"
#include "lincheck/model.hpp"

namespace holdfast::lincheck {

// Operations of one key each, all of the same.
class KeyModel {
 public:
  using State = Key::State;

  KeyModel(std::span<const Entry> entries, const Schedule& schedule);

  State initial() const { return Key::missing(); }
  // An operation's action has the operation's number.
  std::optional<State> step(State state, OpId op) { return key_.apply(state, op); }
  bool is_read(OpId op) const { return key_.action(op).kind == Kind::kGet; }
  bool is_quiet(OpId op) const { return foresight_->is_quiet(op); }
  Observers observers_of(State state) const { return foresight_->observers_of(state); }
  std::uint64_t likeness(OpId op) const { return likeness_[op]; }
  static std::uint32_t lanes() { return 1; }
  std::uint32_t starts(std::uint32_t) const { return foresight_->starts(); }
  std::span<const Touch> touches(OpId op) const { return {&touches_[op], 1}; }
  bool reaches(State state, std::uint32_t, OpId op) const { return key_.reaches(state, op); }
  Starts starts_for(std::uint32_t, OpId op) const { return foresight_->starts_for(op); }
  Doomed doomed(State before, std::uint32_t, OpId op, State after) const {
    return foresight_->doomed(before, op, after);
  }

 private:
  void find_twins();

  Key key_;
  std::optional<KeyForesight> foresight_;
  std::vector<Touch> touches_;
  std::vector<std::uint64_t> likeness_;
};

// What an operation does to the key at position `i` of its keys.
Key::Action action_of(std::span<const Entry> entries, const Schedule& schedule, OpId op,
                      std::size_t i);

// As TellsTwins says, for operations that have not returned.
std::vector<std::uint64_t> likeness_of(std::span<const Entry> entries);

}  // namespace holdfast::lincheck
