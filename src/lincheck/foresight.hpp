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
    for (std::uint32_t number = 0; number < lanes_.size(); ++number) {
      Lane& lane = lanes_[number];
      lane = {queues.add_queue(), queues.add_queue(), queues.add_queue(), {}, false};
      for (std::uint32_t start = 0; start < model.starts(number); ++start) {
        lane.starts.push_back(queues.add_queue());
      }
    }
    for (const OpId op : schedule.by_call()) {
      for (const Touch& touch : model.touches(op)) {
        Lane& lane = lanes_[touch.lane];
        if (touch.overwrites()) {
          queues.add(lane.overwriters_by_call, op);
          queues.add(lane.starts[touch.start], op);
        }
        if (touch.observes && !schedule.returned(op)) lane.has_unknown_observers = true;
      }
    }
    for (std::uint32_t rank = 0; rank < schedule.returns(); ++rank) {
      const OpId op = schedule.returning(rank);
      for (const Touch& touch : model.touches(op)) {
        const Lane& lane = lanes_[touch.lane];
        if (touch.observes) queues.add(lane.observers, op);
        if (touch.overwrites()) queues.add(lane.overwriters_by_return, op);
      }
    }
  }

  // May the operation that led from a state to another, and is out of the queues, have been right?
  // A "no" is certain for an operation that returned. For an unknown outcome it means that the same
  // end is reached without it.
  bool allows(typename M::State before, OpId op, typename M::State after) const {
    for (const Touch& touch : model_.touches(op)) {
      for (const OpId observer : model_.doomed(before, touch.lane, op, after)) {
        if (observer != kNoOp && !queues_.is_out(observer)) return false;
      }
      if (!next_observers_are_possible(after, touch.lane)) return false;
    }
    if (schedule_.returned(op)) return true;
    for (const Touch& touch : model_.touches(op)) {
      if (may_be_observed(after, touch.lane)) return true;
    }
    return false;
  }

 private:
  struct Lane {
    Queues::Node observers = 0;  // that returned, by return
    Queues::Node overwriters_by_call = 0;
    Queues::Node overwriters_by_return = 0;  // that returned
    std::vector<Queues::Node> starts;        // overwriters by start, by call
    bool has_unknown_observers = false;
  };
  // Looking further ahead finds little more and costs as much each time.
  static constexpr int kObserversMust = 8;
  static constexpr int kObserversMay = 32;

  // An observer must be reached from here, or from an overwriter that may come in between.
  bool next_observers_are_possible(typename M::State state, std::uint32_t number) const {
    Queues::Node node = lanes_[number].observers;
    for (int i = 0; i < kObserversMust; ++i) {
      node = queues_.next(node);
      const OpId observer = queues_.op(node);
      if (observer == kNoOp) return true;
      if (!model_.reaches(state, number, observer) && !has_start(number, observer)) return false;
    }
    return true;
  }

  bool has_start(std::uint32_t number, OpId observer) const {
    const Lane& lane = lanes_[number];
    const Starts starts = model_.starts_for(number, observer);
    if (!starts) return may_come_before(lane.overwriters_by_call, observer);
    for (const std::uint32_t start : *starts) {
      if (may_come_before(lane.starts[start], observer)) return true;
    }
    return false;
  }

  // May one of the queue's operations, which are ordered by call, come before the observer?
  bool may_come_before(Queues::Node queue, OpId observer) const {
    Queues::Node node = queues_.next(queue);
    if (queues_.op(node) == observer) node = queues_.next(node);
    const OpId op = queues_.op(node);
    return op != kNoOp && schedule_.returned_before(op) <= schedule_.rank(observer);
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
