#include "lincheck/check.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/check.hpp"
#include "lincheck/counter_model.hpp"
#include "lincheck/expiring_model.hpp"
#include "lincheck/explain.hpp"
#include "lincheck/key_model.hpp"
#include "lincheck/map_model.hpp"
#include "lincheck/partition_search.hpp"
#include "lincheck/partitions.hpp"
#include "lincheck/register_model.hpp"

namespace holdfast::lincheck {

namespace {

constexpr std::uint64_t kStepsBetweenLooks = 4096;  // at the limits
constexpr std::uint64_t kFirstSlice = 65'536;
// Below this the numbers of configurations fit what Memo can count.
constexpr std::size_t kMemoryMax = std::size_t{64} << 30;

bool is_of_expiring_key(const Operation& operation) {
  const Kind kind = operation.kind;
  const bool fits =
      kind == Kind::kPut || kind == Kind::kGet || kind == Kind::kDel || kind == Kind::kPersist;
  return fits && operation.keys.size() == 1;
}

// Null: no model has all of it.
MakeSearch search_maker(ModelKind model, const History& history, const Partition& partition) {
  switch (model) {
    case ModelKind::kRegister:
      return ModelSearch<RegisterModel>::make;
    case ModelKind::kCounter:
      return ModelSearch<CounterModel>::make;
    case ModelKind::kKv:
    case ModelKind::kMulti:
      break;
  }
  const auto operation_of = [&](std::size_t position) -> const Operation& {
    return history[position];
  };
  const bool expires = std::ranges::any_of(
      partition.operations,
      [](const Operation& operation) {
        return operation.expires_ns || operation.kind == Kind::kPersist;
      },
      operation_of);
  const bool is_one_key = partition.keys.size() == 1;
  if (expires) {
    const bool fits =
        is_one_key && std::ranges::all_of(partition.operations, is_of_expiring_key, operation_of);
    return fits ? ModelSearch<ExpiringModel>::make : nullptr;
  }
  const bool has_one_key =
      is_one_key &&
      std::ranges::all_of(
          partition.operations,
          [](const Operation& operation) { return operation.keys.size() == 1; }, operation_of);
  return has_one_key ? ModelSearch<KeyModel>::make : ModelSearch<MapModel>::make;
}

// A partition on its way to a verdict.
class Task {
 public:
  Task(const History& history, Partition& partition, ModelKind model)
      : partition_(partition), make_search_(search_maker(model, history, partition)) {
    for (const std::size_t position : partition.operations) {
      const Operation& operation = history[position];
      const bool reads = operation.kind == Kind::kGet || operation.kind == Kind::kMget;
      if (reads && !operation.return_ns) continue;  // it tells nothing and changes nothing
      entries_.push_back({&operation, operation.return_ns.has_value()});
      origin_.push_back(position);
    }
  }

  // True if that ended it, with a verdict or without a model.
  bool run(std::uint64_t steps) {
    if (make_search_ == nullptr) return true;
    if (!search_) search_ = make_search_(entries_, {});
    const Outcome outcome = search_->run(steps);
    if (outcome == Outcome::kRunning) return false;
    if (outcome == Outcome::kFound) {
      partition_.verdict = Verdict::kLinearizable;
      partition_.orders = {to_history(search_->order())};
    } else {
      partition_.verdict = Verdict::kNotLinearizable;
    }
    return true;
  }

  // Of one without an order.
  void explain_failure() {
    const Explanation explanation = lincheck::explain_failure(
        entries_, search_->schedule(), make_search_, search_->furthest_rank());
    if (explanation.failed_at) partition_.failed_at = origin_[*explanation.failed_at];
    for (const auto& order : explanation.orders) partition_.orders.push_back(to_history(order));
  }
  // Of one that was begun and has no verdict.
  void explain_unknown() {
    if (search_) partition_.orders = {to_history(longest_order(entries_, make_search_))};
  }

  void forget() { search_.reset(); }
  std::uint64_t steps() const { return search_ ? search_->steps() : 0; }
  std::uint64_t states() const { return search_ ? search_->states() : 0; }
  std::size_t memory_bytes() const { return search_ ? search_->memory_bytes() : 0; }

 private:
  std::vector<std::size_t> to_history(const std::vector<OpId>& order) const {
    std::vector<std::size_t> positions;
    for (const OpId op : order) positions.push_back(origin_[op]);
    return positions;
  }

  Partition& partition_;
  MakeSearch make_search_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> origin_;
  std::unique_ptr<PartitionSearch> search_;
};

// Takes turns with the partitions, each turn longer than the one before: a failure that is easy to
// find must not wait behind a partition that is hard to search.
class Checker {
 public:
  Checker(const History& history, const Options& options, Result& result)
      : options_(options), result_(result) {
    for (Partition& partition : result.partitions) {
      tasks_.emplace_back(history, partition, options.model);
      waiting_.push_back(tasks_.size() - 1);
    }
  }

  void run() {
    for (std::uint64_t slice = kFirstSlice; !waiting_.empty() && !ended_; slice *= 4) {
      std::vector<std::size_t> still_waiting;
      for (const std::size_t task : waiting_) {
        if (ended_ || !run_slice(task, slice)) still_waiting.push_back(task);
      }
      waiting_ = std::move(still_waiting);
    }
    for (Task& task : tasks_) task.explain_unknown();
  }

 private:
  bool run_slice(std::size_t number, std::uint64_t slice) {
    Task& task = tasks_[number];
    for (std::uint64_t done = 0; done < slice && !ended_; done += kStepsBetweenLooks) {
      const std::uint64_t left = options_.steps_max - result_.steps;
      const std::uint64_t steps_before = task.steps();
      const std::uint64_t states_before = task.states();
      const std::size_t bytes_before = task.memory_bytes();
      const bool has_verdict = task.run(std::min(left, kStepsBetweenLooks));
      result_.steps += task.steps() - steps_before;
      result_.states += task.states() - states_before;
      memory_bytes_ += task.memory_bytes() - bytes_before;
      result_.memory_bytes = std::max(result_.memory_bytes, std::uint64_t{memory_bytes_});
      if (has_verdict) return finish(number), true;
      ended_ = meets_limit();
    }
    return false;
  }

  void finish(std::size_t number) {
    ++partitions_done_;
    memory_bytes_ -= tasks_[number].memory_bytes();
    if (result_.partitions[number].verdict == Verdict::kNotLinearizable) {
      tasks_[number].explain_failure();
      if (!options_.all_partitions) ended_ = true;
    }
    tasks_[number].forget();
  }

  bool meets_limit() const {
    if (result_.steps >= options_.steps_max) return true;
    if (memory_bytes_ >= std::min(options_.memory_bytes_max, kMemoryMax)) return true;
    return options_.give_up && options_.give_up({result_.steps, result_.states, partitions_done_,
                                                 result_.partitions.size()});
  }

  const Options& options_;
  Result& result_;
  std::vector<Task> tasks_;
  std::vector<std::size_t> waiting_;
  std::size_t partitions_done_ = 0;
  std::size_t memory_bytes_ = 0;
  bool ended_ = false;
};

Verdict verdict_of(const std::vector<Partition>& partitions) {
  const auto any = [&](Verdict verdict) {
    return std::ranges::any_of(partitions,
                               [&](const Partition& each) { return each.verdict == verdict; });
  };
  if (any(Verdict::kNotLinearizable)) return Verdict::kNotLinearizable;
  return any(Verdict::kUnknown) ? Verdict::kUnknown : Verdict::kLinearizable;
}

}  // namespace

Result check(const History& history, const Options& options) {
  Result result;
  std::set<std::uint64_t> clients;
  for (const Operation& operation : history) {
    CHECK(!defect(operation, options.model));
    clients.insert(operation.client);
  }
  result.operations = history.size();
  result.clients = clients.size();
  result.partitions = split(history, options.model != ModelKind::kMulti);
  for (const Partition& partition : result.partitions) result.keys += partition.keys.size();
  Checker(history, options, result).run();
  result.verdict = verdict_of(result.partitions);
  return result;
}

}  // namespace holdfast::lincheck
