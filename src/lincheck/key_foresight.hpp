#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "lincheck/key.hpp"
#include "lincheck/model.hpp"

namespace holdfast::lincheck {

// What can be said of a key's operations before the search begins: from which writes a value that
// a get found may have come. Values are mostly all different; then each comes from certain writes
// in a certain order, and a search that goes another way can turn back at once.
class KeyForesight {
 public:
  using State = Key::State;
  using ActionId = Key::ActionId;

  // The key is finished, and outlives it.
  explicit KeyForesight(const Key& key);

  // As ForeseesObservers says.
  std::uint32_t starts() const { return starts_; }
  std::uint32_t start_of(ActionId action) const;
  Starts starts_for(ActionId action) const;
  Doomed doomed(State before, ActionId action, State after) const;

  // As TellsQuiet says.
  bool is_quiet(ActionId action) const { return gets_alone_observe_ && is_unseen_[action]; }
  Observers observers_of(State state) const;

  // A write whose effect no get has seen, or anything that it became by appending: all that it
  // leaves is a length.
  bool is_unseen(ActionId action) const { return is_unseen_[action]; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  // Starts: any incr, any del, any put of a value that is in no output, then a put's value each.
  static constexpr std::uint32_t kIncrStart = 0;
  static constexpr std::uint32_t kDelStart = 1;
  static constexpr std::uint32_t kOtherStart = 2;
  static constexpr std::uint32_t kFirstPutStart = 3;
  // More of them are as good as any.
  static constexpr std::size_t kStartsMax = 16;

  // A place that writes can lead to. If there is but one way to get there, by one operation from
  // one place, that operation is its `only`: whoever finds a value at or behind the spot, by ways
  // that are all such, has seen it.
  struct Spot {
    State place;
    std::uint32_t ways = 0;
    ActionId only = kNone;
    std::uint32_t from = kNone;  // the spot before it; a put has none
    std::uint32_t top = kNone;   // the first spot on the way here from which on each has an `only`
    ActionId last = kNone;       // of the gets that have seen `only`, the last to return
  };
  // Appends of the same value.
  struct Appends {
    ActionId action = kNone;
    std::uint32_t count = 0;
    bool fits = false;  // into a value that some get found
  };

  void find_starts();
  void add_starts(const std::vector<std::vector<std::uint32_t>>& puts_on);
  void find_spots();
  // False if there are too many ways.
  bool follow_appends(std::uint32_t spot, const ValueTree& values);
  void find_owners();
  void add_way(State place, ActionId action, std::uint32_t count, std::uint32_t from);
  void find_observers();
  void find_unseen();
  ActionId later(ActionId a, ActionId b) const;
  OpId op_of(ActionId action) const;

  const Key& key_;
  std::uint32_t starts_ = kFirstPutStart;
  std::vector<std::uint32_t> start_of_;
  std::vector<std::vector<std::uint32_t>> start_lists_;
  std::vector<std::uint32_t> list_of_node_;  // kNone: any start

  std::vector<Spot> spots_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> spot_at_;
  std::vector<std::vector<std::uint32_t>> owned_;  // spots, of each action that is an `only`
  boost::unordered_flat_map<std::uint32_t, Appends> appends_;  // by their value's node
  std::size_t ways_ = 0;
  std::vector<bool> fits_;  // an append: into a value that some get found
  std::vector<bool> is_unseen_;
  bool gets_alone_observe_ = true;
  // All gets of a value, in the order of the tree, and where a node's and those below it are.
  std::vector<OpId> gets_;
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::vector<Range> gets_below_;
};

}  // namespace holdfast::lincheck
