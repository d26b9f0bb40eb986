#include "lincheck/store.hpp"

#include "lincheck/number.hpp"

namespace holdfast::lincheck {

Found Store::find(const std::string& key) const {
  const auto value = values_.find(key);
  return value == values_.end() ? Found() : Found(value->second);
}

std::optional<Output> Store::apply(const Operation& operation) {
  const std::string& key = operation.keys.front();
  expire(operation);
  switch (operation.kind) {
    case Kind::kPut:
    case Kind::kMset:
      for (std::size_t i = 0; i < operation.keys.size(); ++i) {
        values_[operation.keys[i]] = operation.values[i];
        expiries_.erase(operation.keys[i]);
      }
      if (operation.expires_ns) expiries_[key] = *operation.expires_ns;
      return Output();
    case Kind::kAppend:
      return static_cast<std::int64_t>((values_[key] += operation.values.front()).size());
    case Kind::kGet:
    case Kind::kMget: {
      std::vector<Found> found;
      for (const std::string& each : operation.keys) found.push_back(find(each));
      return found;
    }
    case Kind::kIncr:
      return incr(operation);
    case Kind::kDel: {
      std::int64_t deleted = 0;
      for (const std::string& each : operation.keys) {
        deleted += static_cast<std::int64_t>(values_.erase(each));
        expiries_.erase(each);
      }
      return deleted;
    }
    case Kind::kPersist:
      return static_cast<std::int64_t>(expiries_.erase(key));
  }
  return std::nullopt;
}

void Store::expire(const Operation& operation) {
  const auto expiry = expiries_.find(operation.keys.front());
  if (expiry == expiries_.end() || !operation.return_ns) return;
  const auto* found = std::get_if<std::vector<Found>>(&operation.output);
  const auto* number = std::get_if<std::int64_t>(&operation.output);
  const bool missed = found != nullptr ? !found->front() : number != nullptr && *number == 0;
  if (!missed || *operation.return_ns < expiry->second) return;
  values_.erase(expiry->first);
  expiries_.erase(expiry);
}

std::optional<Output> Store::incr(const Operation& operation) {
  const auto before = parse_number(find(operation.keys.front()).value_or("0"));
  std::int64_t after;
  if (!before || __builtin_add_overflow(*before, operation.delta, &after)) return std::nullopt;
  values_[operation.keys.front()] = std::to_string(after);
  return after;
}

bool agrees(const Operation& operation, const std::optional<Output>& answer) {
  if (!answer) return false;
  return !operation.return_ns || std::holds_alternative<std::monostate>(operation.output) ||
         operation.output == *answer;
}

}  // namespace holdfast::lincheck
