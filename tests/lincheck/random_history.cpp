#include "lincheck/random_history.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/overload.hpp"
#include "lincheck/store.hpp"

namespace holdfast::lincheck {

namespace {

// Few, and some of them beginnings of others or numbers, so that values meet.
constexpr std::array<const char*, 7> kValues{"", "a", "ab", "b", "1", "2", "9"};

std::string random_value(Prng& prng) {
  return kValues[prng.below(kValues.size())];
}

std::string value_for(const Mix& mix, std::uint64_t client, std::uint64_t i, Prng& prng) {
  if (!mix.distinct) return random_value(prng);
  const char letter = static_cast<char>('a' + client);
  return prng.below(2) == 0 ? std::string(1, letter) : letter + std::to_string(i);
}

Operation random_operation(const Mix& mix, std::uint64_t client, Prng& prng) {
  const auto key = [&] { return std::string(1, static_cast<char>('k' + prng.below(mix.keys))); };
  const Kind kind = mix.kinds[prng.below(mix.kinds.size())];
  std::vector<std::string> keys{key()};
  if (kind == Kind::kDel || kind == Kind::kMset || kind == Kind::kMget) {
    while (prng.below(3) == 0) keys.push_back(key());
  }
  switch (kind) {
    case Kind::kPut:
      return put(client, keys[0], value_for(mix, client, 0, prng), 0);
    case Kind::kAppend:
      return append(client, keys[0], value_for(mix, client, 0, prng), 0);
    case Kind::kGet:
      return get(client, keys[0], 0);
    case Kind::kIncr: {
      const auto delta = static_cast<std::int64_t>(prng.below(4)) - 1;
      return incr(client, keys[0], delta, 0);
    }
    case Kind::kDel:
      return del(client, keys, 0);
    case Kind::kMset: {
      std::vector<std::string> values;
      for (std::size_t i = 0; i < keys.size(); ++i) {
        values.push_back(value_for(mix, client, i, prng));
      }
      return mset(client, keys, values, 0);
    }
    case Kind::kMget:
      return mget(client, keys, 0);
    case Kind::kPersist:
      return persist(client, keys[0], 0);
  }
  return {};
}

Found other_value(const Found& value, Prng& prng) {
  switch (prng.below(5)) {
    case 0:
      return std::nullopt;
    case 1:
      return random_value(prng);
    case 2:
      return value.value_or("") + random_value(prng);
    case 3:
      return value.value_or("").substr(0, prng.below(4));
    default:
      return value.value_or("") + static_cast<char>('a' + prng.below(7));
  }
}

// Something of the output's type, mostly near to what it was, or what another operation found.
Output other_output(const Output& output, const History& history, Prng& prng) {
  const Output& other = history[prng.below(history.size())].output;
  return std::visit(Overload{[](std::monostate none) -> Output { return none; },
                             [&](std::vector<Found> found) -> Output {
                               Found& one = found[prng.below(found.size())];
                               const auto* others = std::get_if<std::vector<Found>>(&other);
                               const bool takes_other = others != nullptr && prng.below(2) == 0;
                               one = takes_other ? others->front() : other_value(one, prng);
                               return found;
                             },
                             [&](std::int64_t number) -> Output {
                               return number + static_cast<std::int64_t>(prng.below(3)) - 1;
                             }},
                    output);
}

}  // namespace

History random_history(const Mix& mix, Prng& prng) {
  struct Planned {
    Operation operation;
    std::uint64_t point;
    bool happens;
  };
  std::vector<Planned> plan(1 + prng.below(mix.operations_max));
  for (std::size_t i = 0; i < plan.size(); ++i) {
    Planned& planned = plan[i];
    planned.operation = random_operation(mix, i, prng);
    std::array<std::uint64_t, 3> times{prng.below(mix.time), prng.below(mix.time),
                                       prng.below(mix.time)};
    std::ranges::sort(times);
    planned.operation.call_ns = static_cast<std::int64_t>(times[0]);
    planned.point = times[1];
    planned.happens = true;
    if (prng.below(100) < mix.unknown_percent) {
      planned.happens = prng.below(2) == 0;
      planned.point += prng.below(mix.time);
    } else {
      planned.operation.return_ns = static_cast<std::int64_t>(times[2]);
    }
  }
  std::ranges::stable_sort(plan, {}, &Planned::point);
  Store store;
  History history;
  for (Planned& planned : plan) {
    Operation& operation = planned.operation;
    const auto answer = planned.happens ? store.apply(operation) : std::optional<Output>();
    if (planned.happens && !answer) continue;  // refused: no operation
    const bool tells = operation.return_ns && prng.below(8) != 0 && operation.kind != Kind::kPut &&
                       operation.kind != Kind::kMset;
    if (tells) operation.output = *answer;
    history.push_back(std::move(operation));
  }
  return history;
}

void damage(History& history, Prng& prng) {
  if (history.empty()) return;
  Operation& operation = history[prng.below(history.size())];
  switch (prng.below(6)) {
    case 0:
      operation.return_ns.reset();
      operation.output = {};
      break;
    case 1:
      if (operation.return_ns) {
        operation.return_ns = operation.call_ns + static_cast<std::int64_t>(prng.below(3));
      }
      break;
    case 2:
      operation.call_ns -= static_cast<std::int64_t>(prng.below(3));
      break;
    default:
      operation.output = other_output(operation.output, history, prng);
  }
}

}  // namespace holdfast::lincheck
