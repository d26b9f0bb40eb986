#pragma once

#include <string>

#include "lincheck/history.hpp"
#include "sim/dice.hpp"

namespace holdfast::sim {

// What clients ask for; weights of each kind. Keys come in families, so that a check can tell what
// must hold of them: `a…` are only appended to and read, `k…` anything, `c…` counted, `m…` written
// and read several at once; values of `x…` may expire.
struct Mix {
  unsigned append = 4, get_appended = 3;
  unsigned put = 2, append_any = 2, get_any = 3, del = 1;
  unsigned incr = 2, get_counter = 1;
  unsigned mset = 1, mget = 1;
  unsigned put_expiring = 2, put_staying = 1, persist = 1, get_expiring = 4, del_expiring = 1;
  unsigned keys = 4;        // of each family
  std::size_t padding = 0;  // bytes added to each value
};

// Draws one client's operations. Each value is written once in a run, so that a reader can tell
// whose it is.
class Workload {
 public:
  Workload(const Mix& mix, std::uint64_t client, Dice dice)
      : mix_(mix), client_(client), dice_(dice) {}

  lincheck::Operation next();
  std::string fresh_value();
  std::string counter() { return key('c'); }

 private:
  std::string key(char family);
  std::vector<std::string> several_keys();
  lincheck::Operation put_expiring();

  Mix mix_;
  std::uint64_t client_;
  Dice dice_;
  std::uint64_t values_ = 0;
};

}  // namespace holdfast::sim
