#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kv/handlers.hpp"
#include "kv/piece.hpp"
#include "kv/state_machine.hpp"

namespace holdfast::kv {

// What is in a StateMachine.
struct State {
  explicit State(const Limits& limits) : sessions(limits) {}

  void apply(const CommandsSection& section, ApplyListener& listener);
  void apply(const OpenSection& section, ApplyListener& listener);
  // Of the next commands, `count` at most, what they are going to read.
  void prefetch(Reader commands, std::size_t count);

  Keyspace keyspace;
  Sessions sessions;
  Origins origins;
  void advance(const BatchTime& time);

  std::uint64_t cluster_time_ms = 0;
  // By which sessions age: cluster time without that in which nobody led, since their clients had
  // nobody to talk to.
  std::uint64_t session_time_ms = 0;
  Index applied_index;
  std::string copy_header;             // the first piece of the copy under way, until it is taken
  std::vector<std::string_view> args;  // scratch, to parse without allocating
};

}  // namespace holdfast::kv
