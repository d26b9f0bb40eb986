#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lincheck/history.hpp"

namespace holdfast::lincheck {

// The store as one copy on one machine, in the plainest way: what a linearizable store looks like.
// For showing what an order does; the checker's own models are faster.
class Store {
 public:
  // What the operation answers; its own output is not looked at, except that a value that may be
  // gone by then is, if the operation missed it. Nothing if the store refuses it,
  // and changes nothing: incr of what is not a number, or one that would overflow.
  std::optional<Output> apply(const Operation& operation);
  Found find(const std::string& key) const;

 private:
  std::optional<Output> incr(const Operation& operation);
  void expire(const Operation& operation);

  std::map<std::string, std::string> values_;
  std::map<std::string, std::int64_t> expiries_;
};

// Does the store's answer agree with what the client was told, as far as it was told anything?
bool agrees(const Operation& operation, const std::optional<Output>& answer);

}  // namespace holdfast::lincheck
