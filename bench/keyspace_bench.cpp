// The keys and values alone, without commands: one item is a key of 16 bytes with a value of 100,
// in an order that no cache foresees, of as many as the argument says.

#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/prng.hpp"
#include "kv/keyspace.hpp"

namespace holdfast::kv {
namespace {

const std::string kValue(100, 'v');

using Key = std::array<char, 16>;

std::string_view view(const Key& key) {
  return {key.data(), key.size()};
}

// `prefix` is four letters.
std::vector<Key> shuffled_keys(std::string_view prefix, std::int64_t count) {
  std::vector<Key> keys;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string digits = std::to_string(1'000'000'000'000 + i).substr(1);
    Key key;
    std::ranges::copy(digits, std::ranges::copy(prefix, key.begin()).out);
    keys.push_back(key);
  }
  Prng prng(1);
  for (std::size_t i = keys.size(); i > 1; --i) std::swap(keys[i - 1], keys[prng.below(i)]);
  return keys;
}

void fill(Keyspace& keyspace, const std::vector<Key>& keys) {
  for (const Key& key : keys) keyspace.set(view(key), kValue);
}

// One key after the other, again and again.
template <class Use>
void use_each(benchmark::State& state, const std::vector<Key>& keys, const Use& use) {
  std::size_t next = 0;
  for (auto _ : state) {
    use(view(keys[next]));
    if (++next == keys.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

void find(benchmark::State& state) {
  const std::vector<Key> keys = shuffled_keys("key:", state.range(0));
  Keyspace keyspace;
  fill(keyspace, keys);
  use_each(state, keys, [&](std::string_view key) {
    const Entry* entry = keyspace.find(key);
    CHECK(entry != nullptr);
    benchmark::DoNotOptimize(entry->value());  // a copy, as a reply has
  });
}

void find_nothing(benchmark::State& state) {
  Keyspace keyspace;
  fill(keyspace, shuffled_keys("key:", state.range(0)));
  use_each(state, shuffled_keys("not:", state.range(0)),
           [&](std::string_view key) { CHECK(keyspace.find(key) == nullptr); });
}

void set(benchmark::State& state) {
  const std::vector<Key> keys = shuffled_keys("key:", state.range(0));
  Keyspace keyspace;
  fill(keyspace, keys);
  use_each(state, keys, [&](std::string_view key) { keyspace.set(key, kValue); });
}

// From no key to all of them.
void grow(benchmark::State& state) {
  const std::vector<Key> keys = shuffled_keys("key:", state.range(0));
  for (auto _ : state) {
    Keyspace keyspace;
    fill(keyspace, keys);
    state.PauseTiming();  // destroyed elsewhere
    keyspace = Keyspace();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// From all keys to none.
void erase(benchmark::State& state) {
  const std::vector<Key> keys = shuffled_keys("key:", state.range(0));
  Keyspace keyspace;
  for (auto _ : state) {
    state.PauseTiming();
    fill(keyspace, keys);
    state.ResumeTiming();
    for (const Key& key : keys) CHECK(keyspace.erase(view(key)));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(find)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(find_nothing)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(set)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(grow)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(erase)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace holdfast::kv

BENCHMARK_MAIN();
