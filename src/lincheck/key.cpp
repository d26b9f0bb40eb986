#include "lincheck/key.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "lincheck/number.hpp"

namespace holdfast::lincheck {

namespace {

std::optional<std::int64_t> sum(std::int64_t a, std::int64_t b) {
  std::int64_t result;
  if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
  return result;
}

std::optional<std::int64_t> difference(std::int64_t a, std::int64_t b) {
  std::int64_t result;
  if (__builtin_sub_overflow(a, b, &result)) return std::nullopt;
  return result;
}

}  // namespace

Key::ActionId Key::add(const Action& action) {
  Resolved resolved{action, 0, {}, std::nullopt};
  if (action.kind == Kind::kIncr) contents_matter_ = true;
  if (action.kind == Kind::kAppend && action.has_output) lengths_matter_ = true;
  if (action.kind == Kind::kGet && action.has_output && action.found->has_value()) {
    resolved.terminal = tree_.insert(**action.found);
  }
  if (action.kind == Kind::kIncr && action.has_output) {
    tree_.insert(numbers_.emplace_back(std::to_string(action.number)));
    if (const auto before = difference(action.number, action.delta)) {
      resolved.terminal = tree_.insert(numbers_.emplace_back(std::to_string(*before)));
    }
  }
  actions_.push_back(resolved);
  return static_cast<ActionId>(actions_.size() - 1);
}

void Key::finish() {
  tree_.finish();
  for (Resolved& resolved : actions_) resolve(resolved);
}

void Key::resolve(Resolved& resolved) {
  const Action& action = resolved.action;
  if (action.kind == Kind::kPut) resolved.target = state_of(action.value);
  if (action.kind == Kind::kGet && action.has_output) {
    resolved.target = action.found->has_value() ? tree_.end(resolved.terminal) : missing();
  }
  if (action.kind == Kind::kIncr && action.has_output) {
    resolved.target = state_of(std::to_string(action.number));
    if (difference(action.number, action.delta)) resolved.before = tree_.end(resolved.terminal);
  }
}

Key::State Key::state_of(std::string_view value) {
  if (const auto place = tree_.find(value)) return *place;
  return other(value.size(), value, {});
}

Key::State Key::other(std::uint64_t length, std::string_view beginning, std::string_view end) {
  if (contents_matter_) {
    std::string content;
    content.reserve(beginning.size() + end.size());
    content.append(beginning).append(end);
    if (const auto known = other_numbers_.find(content); known != other_numbers_.end()) {
      return {kOther, known->second};
    }
    const auto number = static_cast<std::uint32_t>(others_.size());
    other_numbers_.emplace(others_.emplace_back(std::move(content)), number);
    return {kOther, number};
  }
  if (!lengths_matter_) return {kOther, 0};
  CHECK(length <= std::numeric_limits<std::uint32_t>::max());
  return {kOther, static_cast<std::uint32_t>(length)};
}

std::uint64_t Key::length(State state) const {
  if (state == missing()) return 0;
  if (!is_other(state)) return tree_.length(state);
  return contents_matter_ ? others_[state.offset].size() : state.offset;
}

std::string_view Key::text(State state) const {
  if (state == missing()) return {};
  if (!is_other(state)) return tree_.text(state);
  return contents_matter_ ? std::string_view(others_[state.offset]) : std::string_view();
}

std::optional<Key::State> Key::apply(State state, ActionId id) {
  const Resolved& resolved = actions_[id];
  const Action& action = resolved.action;
  switch (action.kind) {
    case Kind::kPut:
      return resolved.target;
    case Kind::kAppend:
      return append(state, action);
    case Kind::kGet:
      if (action.has_output && state != resolved.target) return std::nullopt;
      return state;
    case Kind::kIncr:
      return incr(state, resolved);
    case Kind::kDel:
      if (action.has_output && action.number != (state == missing() ? 0 : 1)) return std::nullopt;
      return missing();
    case Kind::kMset:
    case Kind::kMget:
    case Kind::kPersist:
      break;
  }
  check_failed("a single key's operation", name(action.kind));
}

std::optional<Key::State> Key::append(State state, const Action& action) {
  const std::uint64_t size = length(state) + action.value.size();
  if (action.has_output && action.number != static_cast<std::int64_t>(size)) return std::nullopt;
  if (!is_other(state)) {
    const State from = state == missing() ? ValueTree::root() : state;
    if (const auto place = tree_.walk(from, action.value)) return place;
  }
  return other(size, text(state), action.value);
}

std::optional<Key::State> Key::incr(State state, const Resolved& resolved) {
  const Action& action = resolved.action;
  if (action.has_output) {
    if (state == missing() ? action.number == action.delta : state == resolved.before) {
      return resolved.target;
    }
    return std::nullopt;
  }
  const auto before = state == missing() ? 0 : parse_number(text(state));
  const auto after = before ? sum(*before, action.delta) : std::nullopt;
  if (!after) return std::nullopt;
  return state_of(std::to_string(*after));
}

bool Key::reaches(State state, ActionId id) const {
  const Resolved& resolved = actions_[id];
  const Action& action = resolved.action;
  if (!action.has_output) return true;
  // Is the value, or can it become by appending, that of `end`?
  const auto leads_to = [&](State end) {
    if (state == missing()) return true;
    return end != missing() && !is_other(state) && tree_.is_beginning(state, end);
  };
  switch (action.kind) {
    case Kind::kPut:
      return true;
    case Kind::kAppend:
      return static_cast<std::int64_t>(length(state) + action.value.size()) <= action.number;
    case Kind::kGet:
      return leads_to(resolved.target);
    case Kind::kIncr:
      return state == missing() || (resolved.before && leads_to(*resolved.before));
    case Kind::kDel:
      return action.number != 0 || state == missing();
    case Kind::kMset:
    case Kind::kMget:
    case Kind::kPersist:
      break;
  }
  return true;
}

bool Key::observes(ActionId id) const {
  const Action& action = actions_[id].action;
  return action.kind == Kind::kIncr || action.has_output;
}

bool Key::overwrites(ActionId id) const {
  switch (actions_[id].action.kind) {
    case Kind::kPut:
    case Kind::kIncr:
    case Kind::kDel:
      return true;
    case Kind::kAppend:
    case Kind::kGet:
    case Kind::kMset:
    case Kind::kMget:
    case Kind::kPersist:
      return false;
  }
  return false;
}

}  // namespace holdfast::lincheck
