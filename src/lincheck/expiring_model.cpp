#include "lincheck/expiring_model.hpp"

#include "base/check.hpp"

namespace holdfast::lincheck {

ExpiringModel::ExpiringModel(std::span<const Entry> entries, const Schedule&) {
  for (const Entry& entry : entries) {
    const Operation& operation = *entry.operation;
    Step& step = steps_.emplace_back();
    step.kind = operation.kind;
    step.expires_ns = operation.expires_ns;
    if (operation.kind == Kind::kPut) step.value = number(operation.values[0]);
    if (!entry.returned) continue;
    step.returned_ns = *operation.return_ns;
    if (const auto* found = std::get_if<std::vector<Found>>(&operation.output)) {
      step.has_output = true;
      if (const Found& value = found->front()) step.value = number(*value);
    } else if (const auto* answer = std::get_if<std::int64_t>(&operation.output)) {
      step.has_output = true;
      step.value = static_cast<std::uint32_t>(*answer);
    }
  }
}

std::uint32_t ExpiringModel::number(std::string_view value) {
  const auto next = static_cast<std::uint32_t>(numbers_.size() + 1);
  return numbers_.try_emplace(value, next).first->second;
}

bool ExpiringModel::may_be_gone(State state, const Step& step) const {
  return state.expires != 0 && steps_[state.expires - 1].expires_ns <= step.returned_ns;
}

std::optional<ExpiringModel::State> ExpiringModel::miss(State state, const Step& step) const {
  if (state.value != 0 && !may_be_gone(state, step)) return std::nullopt;
  return State{};
}

std::optional<ExpiringModel::State> ExpiringModel::step(State state, OpId op) const {
  const Step& step = steps_[op];
  switch (step.kind) {
    case Kind::kPut:
      return State{step.value, step.expires_ns ? op + 1 : 0};
    case Kind::kGet:
      if (!step.has_output) return state;
      if (step.value == 0) return miss(state, step);
      return state.value == step.value ? std::optional(state) : std::nullopt;
    case Kind::kDel:
      if (!step.has_output) return State{};
      if (step.value == 0) return miss(state, step);
      return state.value != 0 && step.value == 1 ? std::optional(State{}) : std::nullopt;
    case Kind::kPersist:
      // One of unknown outcome that came too late is as good as one that never came.
      if (!step.has_output || step.value != 0) {
        const bool fits = state.expires != 0 && step.value <= 1;
        return fits ? std::optional(State{state.value, 0}) : std::nullopt;
      }
      if (state.expires == 0) return state;
      return miss(state, step);
    case Kind::kAppend:
    case Kind::kIncr:
    case Kind::kMset:
    case Kind::kMget:
      break;
  }
  check_failed("an operation on a key that may expire", name(step.kind));
}

}  // namespace holdfast::lincheck
