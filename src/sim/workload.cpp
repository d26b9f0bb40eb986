#include "sim/workload.hpp"

#include "sim/recorder.hpp"

#include <algorithm>
#include <array>

namespace holdfast::sim {

namespace {

enum class Wish : std::uint8_t {
  kAppend,
  kGetAppended,
  kPut,
  kAppendAny,
  kGetAny,
  kDel,
  kIncr,
  kGetCounter,
  kMset,
  kMget,
  kPutExpiring,
  kPutStaying,
  kPersist,
  kGetExpiring,
  kDelExpiring
};

constexpr Duration kShortLifeMax = std::chrono::milliseconds(1500);

}  // namespace

lincheck::Operation Workload::next() {
  const std::array<unsigned, 15> weights{
      mix_.append,       mix_.get_appended, mix_.put,         mix_.append_any,   mix_.get_any,
      mix_.del,          mix_.incr,         mix_.get_counter, mix_.mset,         mix_.mget,
      mix_.put_expiring, mix_.put_staying,  mix_.persist,     mix_.get_expiring, mix_.del_expiring};
  unsigned sum = 0;
  for (const unsigned weight : weights) sum += weight;
  auto drawn = static_cast<unsigned>(dice_.below(sum));
  std::uint8_t wish = 0;
  while (drawn >= weights[wish]) drawn -= weights[wish++];
  switch (static_cast<Wish>(wish)) {
    case Wish::kAppend:
      return lincheck::append(client_, key('a'), fresh_value(), 0);
    case Wish::kGetAppended:
      return lincheck::get(client_, key('a'), 0);
    case Wish::kPut:
      return lincheck::put(client_, key('k'), fresh_value(), 0);
    case Wish::kAppendAny:
      return lincheck::append(client_, key('k'), fresh_value(), 0);
    case Wish::kGetAny:
      return lincheck::get(client_, key('k'), 0);
    case Wish::kDel:
      return lincheck::del(client_, {key('k')}, 0);
    case Wish::kIncr: {
      // Not in the call: the order in which arguments are evaluated is the compiler's own.
      const auto delta = static_cast<std::int64_t>(dice_.between(1, 3));
      return lincheck::incr(client_, key('c'), delta, 0);
    }
    case Wish::kGetCounter:
      return lincheck::get(client_, key('c'), 0);
    case Wish::kMset: {
      auto keys = several_keys();
      std::vector<std::string> values;
      for (std::size_t i = 0; i < keys.size(); ++i) values.push_back(fresh_value());
      return lincheck::mset(client_, std::move(keys), std::move(values), 0);
    }
    case Wish::kMget:
      return lincheck::mget(client_, several_keys(), 0);
    case Wish::kPutExpiring:
      return put_expiring();
    case Wish::kPutStaying:
      return lincheck::put(client_, key('x'), fresh_value(), 0);
    case Wish::kPersist:
      return lincheck::persist(client_, key('x'), 0);
    case Wish::kGetExpiring:
      return lincheck::get(client_, key('x'), 0);
    case Wish::kDelExpiring:
      return lincheck::del(client_, {key('x')}, 0);
  }
  return {};
}

lincheck::Operation Workload::put_expiring() {
  const Duration life =
      dice_.chance(0.3) ? kLongLife : dice_.between(std::chrono::milliseconds(20), kShortLifeMax);
  lincheck::Operation operation = lincheck::put(client_, key('x'), fresh_value(), 0);
  operation.expires_ns = std::chrono::nanoseconds(life).count();
  return operation;
}

// In brackets, so that no value is a part of another.
std::string Workload::fresh_value() {
  return "[" + std::to_string(client_) + "." + std::to_string(++values_) +
         std::string(mix_.padding, '.') + "]";
}

std::string Workload::key(char family) {
  return family + std::to_string(dice_.below(mix_.keys));
}

std::vector<std::string> Workload::several_keys() {
  std::vector<std::string> keys;
  for (unsigned i = 0; i < mix_.keys; ++i) {
    if (dice_.chance(0.5)) keys.push_back("m" + std::to_string(i));
  }
  if (keys.empty()) keys.push_back("m0");
  dice_.shuffle(keys);
  return keys;
}

}  // namespace holdfast::sim
