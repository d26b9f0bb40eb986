#pragma once

#include <cstdint>
#include <vector>

#include "lincheck/model.hpp"
#include "lincheck/queues.hpp"

namespace holdfast::lincheck {

// Ends a search's way early when what must still be observed can't be any more. For each lane it
// keeps the operations that have not taken effect yet: who observes, who overwrites.
template <ForeseesObservers M>
class Foresight {
 public:
  Foresight(const M& model, const Schedule& schedule, Queues& queues)
      : model_(model), schedule_(schedule), queues_(queues), lanes_(model.lanes()) {
    for (Lane& lane : lanes_) {
      lane = {queues.add_queue(), queues.add_queue(), queues.add_queue(), false};
    }
    for (const OpId op : schedule.by_call()) {
      for (const Touch& touch : model.touches(op)) {
        Lane& lane = lanes_[touch.lane];
        if (touch.overwrites) queues.add(lane.overwriters_by_call, op);
        if (touch.observes && !schedule.returned(op)) lane.has_unknown_observers = true;
      }
    }
    for (std::uint32_t rank = 0; rank < schedule.returns(); ++rank) {
      const OpId op = schedule.returning(rank);
      for (const Touch& touch : model.touches(op)) {
        const Lane& lane = lanes_[touch.lane];
        if (touch.observes) queues.add(lane.observers, op);
        if (touch.overwrites) queues.add(lane.overwriters_by_return, op);
      }
    }
  }

  // May the operation that led to `state`, and is out of the queues, have been right? A "no" is
  // certain for an operation that returned. For an unknown outcome it means that the same end is
  // reached without it.
  bool allows(typename M::State state, OpId op) const {
    for (const Touch& touch : model_.touches(op)) {
      if (!next_observers_are_reached(state, touch.lane)) return false;
    }
    if (schedule_.returned(op)) return true;
    for (const Touch& touch : model_.touches(op)) {
      if (may_be_observed(state, touch.lane)) return true;
    }
    return false;
  }

 private:
  struct Lane {
    Queues::Node observers = 0;  // that returned, by return
    Queues::Node overwriters_by_call = 0;
    Queues::Node overwriters_by_return = 0;  // that returned
    bool has_unknown_observers = false;
  };
  // Looking further ahead finds little more and costs as much each time.
  static constexpr int kObserversMust = 8;
  static constexpr int kObserversMay = 32;

  // An observer must be reached from here unless something overwrites before it, which is then
  // called before the observer returns.
  bool next_observers_are_reached(typename M::State state, std::uint32_t number) const {
    const Lane& lane = lanes_[number];
    Queues::Node node = lane.observers;
    for (int i = 0; i < kObserversMust; ++i) {
      node = queues_.next(node);
      const OpId observer = queues_.op(node);
      if (observer == kNoOp || may_be_overwritten_before(lane, observer)) return true;
      if (!model_.reaches(state, number, observer)) return false;
    }
    return true;
  }

  bool may_be_overwritten_before(const Lane& lane, OpId observer) const {
    Queues::Node node = queues_.next(lane.overwriters_by_call);
    if (queues_.op(node) == observer) node = queues_.next(node);
    const OpId overwriter = queues_.op(node);
    return overwriter != kNoOp && schedule_.returned_before(overwriter) <= schedule_.rank(observer);
  }

  // An effect that nobody observes before the lane is overwritten, or ever, may as well not be
  // there. Who observes it is reached from here, and is called before the first returned
  // overwriter returns: that one comes no earlier than the observer.
  bool may_be_observed(typename M::State state, std::uint32_t number) const {
    const Lane& lane = lanes_[number];
    if (lane.has_unknown_observers) return true;
    const OpId overwriter = queues_.op_after(lane.overwriters_by_return);
    const std::uint32_t end = overwriter == kNoOp ? Schedule::kNever : schedule_.rank(overwriter);
    Queues::Node node = lane.observers;
    for (int i = 0; i < kObserversMay; ++i) {
      node = queues_.next(node);
      const OpId observer = queues_.op(node);
      if (observer == kNoOp) return false;
      if (schedule_.returned_before(observer) <= end && model_.reaches(state, number, observer)) {
        return true;
      }
    }
    return true;
  }

  const M& model_;
  const Schedule& schedule_;
  const Queues& queues_;
  std::vector<Lane> lanes_;
};

}  // namespace holdfast::lincheck
