#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "explore/model.hpp"

namespace holdfast::explore {

struct Stats {
  std::uint64_t transitions = 0;
  std::uint64_t states = 0;  // distinct
  std::size_t depth = 0;     // steps from the start to the newest state
  std::size_t waiting = 0;   // states not explored yet
  std::size_t node_states = 0;
  std::size_t messages = 0;
  std::size_t turns = 0;   // distinct: of a node state by an input
  std::size_t growth = 0;  // bytes that will soon be asked for at once
};

// A way from the start to a state in which a property does not hold.
struct Counterexample {
  std::string property;
  std::vector<Step> steps;
};

struct Report {
  enum class End { kExhausted, kBroken, kStopped };
  End end = End::kExhausted;
  Stats stats;
  std::optional<Counterexample> counterexample;
};

// Visits all that a cluster may come to within its bounds, breadth first: a counterexample has as
// few steps as any. Of a visited state only its fingerprint and its parent's are kept; the way to
// it is found again by going it.
class Explorer {
 public:
  // Asked now and then; false stops the exploration.
  using GoOn = std::function<bool(const Stats&)>;

  explicit Explorer(const Bounds& bounds) : model_(bounds) {}

  Report run(const GoOn& go_on);
  const Model& model() const { return model_; }

 private:
  struct FingerprintHash {
    using is_avalanching = void;
    std::size_t operator()(Fingerprint fingerprint) const { return fingerprint; }
  };

  void visit(const State& state, Fingerprint own, Fingerprint parent);
  Stats stats() const;
  Counterexample way_to(Fingerprint last, const Successor& broken);

  Model model_;
  // Each state's parent; the start is its own.
  boost::unordered_flat_map<Fingerprint, Fingerprint, FingerprintHash> visited_;
  struct Waiting {
    State state;
    Fingerprint own;
  };
  std::deque<Waiting> waiting_;
  Stats counted_;
};

}  // namespace holdfast::explore
