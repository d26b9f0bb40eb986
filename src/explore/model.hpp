#pragma once

#include <string_view>
#include <vector>

#include "explore/properties.hpp"

namespace holdfast::explore {

// A node's turn, as part of a cluster's story.
struct Step {
  std::uint8_t node = 0;  // from 0
  bool again = false;     // a message that was delivered is still in flight
  Input input;
};

struct Successor {
  Step step;
  State state;
  std::string_view broken;  // the property that does not hold; empty: all do
};

// What a cluster may do within its bounds.
//
// The network is a set: it loses, repeats and reorders. A message that is never delivered is as
// good as lost, so that losses need a step of their own only where the bound on messages in flight
// makes room: then each choice of messages to keep is a successor. Those that nobody will heed any
// more go first.
class Model {
 public:
  explicit Model(const Bounds& bounds) : bounds_(bounds), universe_(bounds) {}

  State initial();
  // Replaces what is in `successors`.
  void expand(const State& state, std::vector<Successor>& successors);
  // The same for two clusters in which the nodes only have each other's names.
  Fingerprint fingerprint(const State& state);

  const Universe& universe() const { return universe_; }
  const Bounds& bounds() const { return bounds_; }

 private:
  void deliver_all(const State& state, std::vector<Successor>& successors);
  void act(const State& state, std::size_t node, std::vector<Successor>& successors);
  void take(State state, Step step, std::vector<Successor>& successors);
  void send(const State& state, const Turn& turn);
  void keep_each_choice(const Successor& base, std::vector<Successor>& successors);
  bool is_heeded(const State& state, MessageRef message) const;
  Fingerprint fingerprint(const State& state, std::size_t renaming);

  const Bounds bounds_;
  Universe universe_;
  std::vector<MessageRef> in_flight_;  // scratch: after the turn under way
};

}  // namespace holdfast::explore
