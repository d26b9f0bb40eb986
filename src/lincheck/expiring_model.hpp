#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lincheck/model.hpp"

namespace holdfast::lincheck {

// put, get, del and persist of one key, whose values may expire. That a value has expired nobody
// sees before somebody misses it, so it expires then: with an operation that finds nothing although
// no del was there. It may do so from its `expires_ns` on, and is not obliged to.
class ExpiringModel {
 public:
  struct State {
    std::uint32_t value = 0;    // a value's number; 0 for none
    std::uint32_t expires = 0;  // with the value of this operation, less one; 0: it stays
    bool operator==(const State&) const = default;
  };

  ExpiringModel(std::span<const Entry> entries, const Schedule& schedule);

  static State initial() { return {}; }
  std::optional<State> step(State state, OpId op) const;
  // Whoever finds a value changes nothing.
  bool is_read(OpId op) const { return steps_[op].kind == Kind::kGet && steps_[op].value != 0; }

 private:
  struct Step {
    Kind kind = Kind::kGet;
    std::uint32_t value = 0;  // that a put writes, or a get has found; a number that del or
                              // persist were answered
    bool has_output = false;
    std::int64_t returned_ns = 0;
    std::optional<std::int64_t> expires_ns;
  };
  std::uint32_t number(std::string_view value);
  // Could the state's value be gone by the time the operation has returned?
  bool may_be_gone(State state, const Step& step) const;
  // Finds nothing.
  std::optional<State> miss(State state, const Step& step) const;

  boost::unordered_flat_map<std::string_view, std::uint32_t> numbers_;
  std::vector<Step> steps_;
};

}  // namespace holdfast::lincheck
