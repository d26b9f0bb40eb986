#pragma once

#include <algorithm>
#include <cstddef>

#include "kv/command.hpp"

namespace holdfast::frontend {

// Calls visit(position) for each of the command's keys, as its row in the command table says.
template <class Visit>
void for_each_key(const kv::CommandSpec& spec, kv::Args args, Visit visit) {
  if (spec.keys.first <= 0) return;
  const auto count = static_cast<int>(args.size());
  const int last =
      spec.keys.last < 0 ? count + spec.keys.last : std::min(spec.keys.last, count - 1);
  const int step = std::max(spec.keys.step, 1);
  for (int at = spec.keys.first; at <= last; at += step) visit(static_cast<std::size_t>(at));
}

// The command whose keys count: the one inside, if it is ONCE.
struct Keyed {
  const kv::CommandSpec* spec;  // null if the command inside is none
  kv::Args args;
};
inline Keyed keyed_command(const kv::CommandSpec& spec, kv::Args args) {
  if (spec.name != "once") return {&spec, args};
  const kv::Args inner = kv::command_in_once(args);
  const kv::CommandSpec* inner_spec = inner.empty() ? nullptr : kv::find_command(inner);
  const bool whole = inner_spec != nullptr && kv::arity_matches(*inner_spec, inner.size());
  return {whole ? inner_spec : nullptr, inner};
}

}  // namespace holdfast::frontend
