#include "lincheck/counter_model.hpp"

#include "lincheck/number.hpp"

namespace holdfast::lincheck {

namespace {

// Of all deltas, without their signs; nothing if it does not fit.
std::optional<std::int64_t> sum_of_sizes(std::span<const Entry> entries) {
  std::int64_t sum = 0;
  for (const Entry& entry : entries) {
    if (entry.operation->kind != Kind::kIncr) continue;
    const std::int64_t delta = entry.operation->delta;
    const bool overflows = delta < 0 ? __builtin_sub_overflow(sum, delta, &sum)
                                     : __builtin_add_overflow(sum, delta, &sum);
    if (overflows) return std::nullopt;
  }
  return sum;
}

}  // namespace

CounterModel::CounterModel(std::span<const Entry> entries, const Schedule&) {
  const bool may_overflow = !sum_of_sizes(entries);
  for (const Entry& entry : entries) {
    const Operation& operation = *entry.operation;
    Step& step = steps_.emplace_back();
    step.is_read = operation.kind == Kind::kGet;
    if (!step.is_read) {
      step.delta = operation.delta;
      only_rises_ = only_rises_ && step.delta >= 0;
      // An increment that would overflow is refused, so even one without an output tells something.
      step.touch.observes = may_overflow;
    }
    if (!entry.returned) continue;
    if (const auto* found = std::get_if<std::vector<Found>>(&operation.output)) {
      step.output = parse_number(found->front().value_or("0"));
      step.fits_none = !step.output;
    } else if (const auto* number = std::get_if<std::int64_t>(&operation.output)) {
      step.output = *number;
    }
    if (step.output || step.fits_none) step.touch.observes = true;
  }
}

std::optional<CounterModel::State> CounterModel::step(State state, OpId op) const {
  const Step& step = steps_[op];
  State next;
  if (step.fits_none || __builtin_add_overflow(state.count, step.delta, &next.count)) {
    return std::nullopt;
  }
  if (step.output && *step.output != next.count) return std::nullopt;
  return next;
}

bool CounterModel::reaches(State state, std::uint32_t, OpId op) const {
  const Step& step = steps_[op];
  if (step.fits_none) return false;
  if (!step.output || !only_rises_) return true;
  std::int64_t before;
  return !__builtin_sub_overflow(*step.output, step.delta, &before) && state.count <= before;
}

}  // namespace holdfast::lincheck
