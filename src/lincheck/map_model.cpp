#include "lincheck/map_model.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <string_view>

#include "lincheck/key_model.hpp"

namespace holdfast::lincheck {

MapModel::MapModel(std::span<const Entry> entries, const Schedule& schedule)
    : likeness_(likeness_of(entries)) {
  std::map<std::string_view, std::uint32_t> lanes;
  for (const Entry& entry : entries) {
    for (const std::string& key : entry.operation->keys) {
      lanes.try_emplace(key, static_cast<std::uint32_t>(lanes.size()));
    }
  }
  keys_ = std::vector<Key>(lanes.size());
  for (OpId op = 0; op < entries.size(); ++op) {
    const Entry& entry = entries[op];
    const Operation& operation = *entry.operation;
    Step& step = steps_.emplace_back();
    step.is_read = operation.kind == Kind::kGet || operation.kind == Kind::kMget;
    const auto* number = std::get_if<std::int64_t>(&operation.output);
    if (entry.returned && number != nullptr && operation.kind == Kind::kDel) {
      step.deleted = *number;
    }
    for (std::size_t i = 0; i < operation.keys.size(); ++i) {
      const std::uint32_t lane = lanes.find(operation.keys[i])->second;
      Key::Action action = action_of(entries, schedule, op, i);
      if (step.deleted) action.has_output = false;  // that is of all keys together
      step.parts.push_back({lane, keys_[lane].add(action)});
    }
  }
  for (Key& key : keys_) {
    key.finish();
    foresights_.emplace_back(key);
  }
  for (Step& step : steps_) {
    for (const Part& part : step.parts) add_touch(step, part);
  }
  states_.emplace(keys_.size());
}

// An operation that meets a key twice leaves what its last part leaves.
void MapModel::add_touch(Step& step, const Part& part) const {
  const bool observes = keys_[part.lane].observes(part.action) || step.deleted.has_value();
  const std::uint32_t start = foresights_[part.lane].start_of(part.action);
  for (Touch& touch : step.touches) {
    if (touch.lane != part.lane) continue;
    touch.observes = touch.observes || observes;
    touch.start = start;
    return;
  }
  step.touches.push_back({part.lane, observes, start});
}

MapModel::State MapModel::initial() {
  row_.assign(keys_.size(), std::bit_cast<std::uint64_t>(Key::missing()));
  return {states_->number(row_)};
}

std::optional<MapModel::State> MapModel::step(State state, OpId op) {
  const Step& step = steps_[op];
  const auto before = states_->row(static_cast<std::uint32_t>(state.number));
  std::int64_t deleted = 0;
  row_.assign(before.begin(), before.end());
  for (const Part& part : step.parts) {
    const auto at = std::bit_cast<Key::State>(row_[part.lane]);
    const auto next = keys_[part.lane].apply(at, part.action);
    if (!next) return std::nullopt;
    if (at != Key::missing() && *next == Key::missing()) ++deleted;
    row_[part.lane] = std::bit_cast<std::uint64_t>(*next);
  }
  if (step.deleted && *step.deleted != deleted) return std::nullopt;
  if (step.is_read) return state;
  return State{states_->number(row_)};
}

Key::State MapModel::key_state(State state, std::uint32_t lane) const {
  return std::bit_cast<Key::State>(states_->row(static_cast<std::uint32_t>(state.number))[lane]);
}

bool MapModel::reaches(State state, std::uint32_t lane, OpId op) const {
  const Key::State at = key_state(state, lane);
  return std::ranges::all_of(steps_[op].parts, [&](const Part& part) {
    return part.lane != lane || keys_[lane].reaches(at, part.action);
  });
}

// Of a key that the operation meets once.
const MapModel::Part* MapModel::only_part(std::uint32_t lane, OpId op) const {
  const Part* only = nullptr;
  for (const Part& part : steps_[op].parts) {
    if (part.lane != lane) continue;
    if (only != nullptr) return nullptr;
    only = &part;
  }
  return only;
}

Starts MapModel::starts_for(std::uint32_t lane, OpId op) const {
  const Part* part = only_part(lane, op);
  return part == nullptr ? std::nullopt : foresights_[lane].starts_for(part->action);
}

Doomed MapModel::doomed(State before, std::uint32_t lane, OpId op, State after) const {
  const Part* part = only_part(lane, op);
  if (part == nullptr) return {kNoOp, kNoOp};
  return foresights_[lane].doomed(key_state(before, lane), part->action, key_state(after, lane));
}

}  // namespace holdfast::lincheck
