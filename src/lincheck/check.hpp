#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lincheck/history.hpp"

namespace holdfast::lincheck {

enum class Verdict : std::uint8_t { kLinearizable, kNotLinearizable, kUnknown };
std::string_view name(Verdict verdict);

// What the object is that the operations were done to.
enum class ModelKind : std::uint8_t {
  kKv,        // the store: every operation; keys are independent unless an operation ties them.
              // One with values that may expire is checked if it has put, get, del and persist of
              // its own, and nothing else.
  kRegister,  // put and get, each key a register
  kCounter,   // incr and get, each key a counter; a missing one is 0
  kMulti,     // the store as one object: never split by keys
};
std::string_view name(ModelKind model);
std::optional<ModelKind> find_model(std::string_view name);
// Why the model can't take the operation, if it can't: a defect(), or a kind that it doesn't have.
std::optional<std::string> defect(const Operation& operation, ModelKind model);

struct Progress {
  std::uint64_t steps = 0;
  std::uint64_t states = 0;
  std::size_t partitions_done = 0;
  std::size_t partitions = 0;
};

// A check that meets a limit ends with kUnknown, unless it has found a failure by then. With the
// same history and options, and no `give_up`, a check takes the same steps everywhere.
struct Options {
  ModelKind model = ModelKind::kKv;
  bool all_partitions = false;  // go on behind the first that is not linearizable
  std::uint64_t steps_max = std::numeric_limits<std::uint64_t>::max();
  std::size_t memory_bytes_max = std::size_t{4} << 30;  // of the search, without the history
  // Asked every few thousand steps; true ends the check. The place for a deadline: the checker
  // itself reads no clock.
  std::function<bool(const Progress&)> give_up;
};

// One independent part of a history: the operations on one key, or on keys that multi-key
// operations tie together. Operations are positions in the history.
struct Partition {
  std::vector<std::string> keys;
  std::vector<std::size_t> operations;  // by call
  Verdict verdict = Verdict::kUnknown;
  // Not linearizable: the operation whose return no order explains. All that happened before that
  // return is linearizable. Nothing if finding it would have taken too long.
  std::optional<std::size_t> failed_at;
  // Orders in which operations can have taken effect, as far as their outputs go. Linearizable:
  // one, with all operations that returned. Not linearizable: the first has all operations that
  // returned before `failed_at` did; then the longest ones found that go on with others instead.
  // Unknown: the longest that was found, if any.
  std::vector<std::vector<std::size_t>> orders;
};

struct Result {
  Verdict verdict = Verdict::kUnknown;
  std::vector<Partition> partitions;  // in the order of their first operation
  std::size_t operations = 0;
  std::size_t clients = 0;
  std::size_t keys = 0;
  std::uint64_t steps = 0;         // operations tried on a state
  std::uint64_t states = 0;        // configurations reached, each once
  std::uint64_t memory_bytes = 0;  // of the search, without the history, at its peak

  // The first partition that is not linearizable.
  const Partition* failure() const;
  // A few lines for people; `history` is the one that was checked.
  std::string text(const History& history) const;
};

// Is there an order of the operations that keeps "returned before the other was called" and in
// which each output is what a single copy of the store would have answered? No operation may have
// a defect() for the model.
Result check(const History& history, const Options& options = {});
// The same, under the name of the default model.
inline Result check_kv(const History& history, const Options& options = {}) {
  return check(history, options);
}

}  // namespace holdfast::lincheck
