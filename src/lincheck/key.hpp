#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lincheck/history.hpp"
#include "lincheck/schedule.hpp"
#include "lincheck/value_tree.hpp"

namespace holdfast::lincheck {

// What operations do to one key. First add() all of them, then finish(), then everything else; the
// operations' bytes stay the caller's.
class Key {
 public:
  // A place in the tree of all values that outputs show, or missing, or some other value. No get
  // will ever find an other value, so all there is to know of it is its length, and that only if
  // outputs tell lengths. With incr in play an other value may become one that is shown; then they
  // are numbered by content.
  using State = ValueTree::Place;
  using ActionId = std::uint32_t;

  struct Action {
    OpId op = kNoOp;
    std::uint32_t rank = Schedule::kNever;  // of its return
    Kind kind = Kind::kGet;                 // put, append, get, incr or del
    std::string_view value;                 // put, append
    std::int64_t delta = 0;                 // incr
    bool has_output = false;
    const Found* found = nullptr;  // get, with an output
    std::int64_t number = 0;       // append, incr, del: the output
  };

  static constexpr State missing() { return {kMissing, 0}; }

  ActionId add(const Action& action);
  void finish();

  std::optional<State> apply(State state, ActionId action);
  // As ForeseesObservers says.
  bool reaches(State state, ActionId action) const;
  bool observes(ActionId action) const;
  bool overwrites(ActionId action) const;

  ActionId actions() const { return static_cast<ActionId>(actions_.size()); }
  const Action& action(ActionId id) const { return actions_[id].action; }
  // Of a put, or an incr with an output, the state after it; of a get with an output, the state
  // that it needs.
  State target(ActionId id) const { return actions_[id].target; }
  // Of an incr with an output, the number that it needs, if there is one.
  std::optional<State> before(ActionId id) const { return actions_[id].before; }
  static bool is_other(State state) { return state.node == kOther; }
  static bool is_place(State state) { return state.node < kOther; }
  const ValueTree& tree() const { return tree_; }
  bool lengths_matter() const { return lengths_matter_; }
  bool contents_matter() const { return contents_matter_; }

 private:
  static constexpr std::uint32_t kMissing = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t kOther = kMissing - 1;

  struct Resolved {
    Action action;
    ValueTree::Terminal terminal = 0;  // get: of what it found; incr: of the number before
    State target;
    std::optional<State> before;
  };

  void resolve(Resolved& resolved);
  State other(std::uint64_t length, std::string_view beginning, std::string_view end);
  State state_of(std::string_view value);
  std::uint64_t length(State state) const;
  std::string_view text(State state) const;
  std::optional<State> append(State state, const Action& action);
  std::optional<State> incr(State state, const Resolved& resolved);

  ValueTree tree_;
  std::vector<Resolved> actions_;
  bool lengths_matter_ = false;
  bool contents_matter_ = false;
  std::deque<std::string> numbers_;  // that incr was given, or found
  std::deque<std::string> others_;   // if contents matter
  boost::unordered_flat_map<std::string_view, std::uint32_t> other_numbers_;
};

}  // namespace holdfast::lincheck
