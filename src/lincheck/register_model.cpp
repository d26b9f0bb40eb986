#include "lincheck/register_model.hpp"

namespace holdfast::lincheck {

RegisterModel::RegisterModel(std::span<const Entry> entries, const Schedule&) {
  for (const Entry& entry : entries) {
    const Operation& operation = *entry.operation;
    Step& step = steps_.emplace_back();
    if (operation.kind == Kind::kPut) {
      step.value = number(operation.values[0]);
      step.touch.start = static_cast<std::uint32_t>(step.value.value);
    }
    const auto* found = std::get_if<std::vector<Found>>(&operation.output);
    if (entry.returned && found != nullptr) {
      step.touch.observes = true;
      if (const Found& value = found->front()) step.value = number(*value);
    }
    step.start = static_cast<std::uint32_t>(step.value.value);
  }
}

RegisterModel::State RegisterModel::number(std::string_view value) {
  return {numbers_.try_emplace(value, numbers_.size() + 1).first->second};
}

std::optional<RegisterModel::State> RegisterModel::step(State state, OpId op) const {
  const Step& step = steps_[op];
  if (step.touch.overwrites()) return step.value;
  if (step.touch.observes && state != step.value) return std::nullopt;
  return state;
}

}  // namespace holdfast::lincheck
