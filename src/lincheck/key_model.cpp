#include "lincheck/key_model.hpp"

#include <map>
#include <tuple>

namespace holdfast::lincheck {

Key::Action action_of(std::span<const Entry> entries, const Schedule& schedule, OpId op,
                      std::size_t i) {
  const Entry& entry = entries[op];
  const Operation& operation = *entry.operation;
  Key::Action action;
  action.op = op;
  action.rank = schedule.rank(op);
  action.kind = operation.kind;
  if (operation.kind == Kind::kMset) action.kind = Kind::kPut;
  if (operation.kind == Kind::kMget) action.kind = Kind::kGet;
  if (i < operation.values.size()) action.value = operation.values[i];
  action.delta = operation.delta;
  if (!entry.returned) return action;
  if (const auto* found = std::get_if<std::vector<Found>>(&operation.output)) {
    action.has_output = true;
    action.found = &(*found)[i];
  } else if (const auto* number = std::get_if<std::int64_t>(&operation.output)) {
    action.has_output = true;
    action.number = *number;
  }
  return action;
}

KeyModel::KeyModel(std::span<const Entry> entries, const Schedule& schedule)
    : likeness_(likeness_of(entries)) {
  for (OpId op = 0; op < entries.size(); ++op) key_.add(action_of(entries, schedule, op, 0));
  key_.finish();
  foresight_.emplace(key_);
  find_twins();
  for (OpId op = 0; op < entries.size(); ++op) {
    touches_.push_back({0, key_.observes(op), foresight_->start_of(op)});
  }
}

// Unseen writes of the same length do the same, whatever they write.
void KeyModel::find_twins() {
  std::map<std::pair<Kind, std::size_t>, std::uint64_t> known;
  for (OpId op = 0; op < key_.actions(); ++op) {
    if (!foresight_->is_unseen(op)) continue;
    const Key::Action& action = key_.action(op);
    likeness_[op] =
        known.try_emplace({action.kind, action.value.size()}, likeness_[op]).first->second;
  }
}

std::vector<std::uint64_t> likeness_of(std::span<const Entry> entries) {
  const auto effect = [](const Operation& operation) {
    return std::tie(operation.kind, operation.delta, operation.keys, operation.values);
  };
  const auto less = [&](const Operation* a, const Operation* b) { return effect(*a) < effect(*b); };
  std::map<const Operation*, std::uint64_t, decltype(less)> known(less);
  std::vector<std::uint64_t> likeness;
  for (const Entry& entry : entries) {
    const std::uint64_t next = likeness.size();
    likeness.push_back(entry.returned ? next
                                      : known.try_emplace(entry.operation, next).first->second);
  }
  return likeness;
}

}  // namespace holdfast::lincheck
