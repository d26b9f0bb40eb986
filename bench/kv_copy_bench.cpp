// What a copy of the state costs: those who wait for it, and those who write while it is made.
// `…_us` are the longest single calls.

#include <benchmark/benchmark.h>

#include <time.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/prng.hpp"
#include "kv/state_builder.hpp"
#include "kv/state_machine.hpp"

namespace holdfast::kv {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

using Words = std::vector<std::string>;

struct Ignored : ApplyListener {
  void applied(NodeId, Index, std::uint64_t, Reply) override {}
  void gap(NodeId, Index, std::uint64_t) override { CHECK(false); }
  void opened(NodeId, std::uint64_t, Index) override {}
};

// A state and the entries that change it, of one origin.
class Machine {
 public:
  Machine() { apply(OpenSection{NodeId(1), 7}); }

  void run(const std::vector<Words>& commands) {
    std::string bytes;
    Writer out(bytes);
    for (const Words& words : commands) {
      put_command(std::vector<std::string_view>(words.begin(), words.end()), out);
    }
    const auto count = static_cast<std::uint32_t>(commands.size());
    apply(CommandsSection{NodeId(1), Index(1), seq_, 1 << 30, count, bytes});
    seq_ += count;
  }
  StateMachine state;

 private:
  void apply(const Section& section) {
    std::string bytes;
    Writer out(bytes);
    put_batch_header({1000}, out);
    put_section(section, out);
    Ignored ignored;
    state.apply(Index(++index_), bytes, ignored);
  }

  std::uint64_t index_ = 0;
  std::uint64_t seq_ = 1;
};

std::string key(std::uint64_t number, bool in_one_slot) {
  return (in_one_slot ? "{slot}" : "key:") + std::to_string(number + 1'000'000'000);
}

Machine machine_of(std::uint64_t keys, bool in_one_slot) {
  Machine machine;
  std::vector<Words> sets;
  for (std::uint64_t i = 0; i < keys; ++i) {
    sets.push_back({"SET", key(i, in_one_slot), std::string(100, 'v')});
    if (sets.size() < 1000 && i + 1 < keys) continue;
    machine.run(sets);
    sets.clear();
  }
  return machine;
}

Machine machine_of_sessions(int sessions, int replies) {
  Machine machine;
  for (int i = 0; i < sessions; ++i) machine.run({{"SESSION", "OPEN"}});
  for (int i = 0; i < sessions; ++i) {
    // An entry's index is two at the first, and a session's id is 1024 of it.
    const std::string id = std::to_string(1024 * (i + 2));
    std::vector<Words> requests;
    for (int n = 1; n <= replies; ++n)
      requests.push_back({"ONCE", id, std::to_string(n), "INCR", "k"});
    machine.run(requests);
  }
  return machine;
}

// By the thread's own time: what else the machine does is not the call's doing.
class Longest {
 public:
  template <class F>
  auto operator()(F f) {
    const double begin = now_us();
    auto result = f();
    us_ = std::max(us_, now_us() - begin);
    return result;
  }
  double us() const { return us_; }

 private:
  static double now_us() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
  }

  double us_ = 0;
};

void copy(benchmark::State& bench, Machine machine) {
  StateMachine& state = machine.state;
  std::size_t bytes = 0;
  Longest begin, piece;
  for (auto _ : bench) {
    begin([&] { return state.begin_copy(), 0; });
    while (true) {
      const std::string made = piece([&] { return state.next_piece(kPieceBytes); });
      if (made.empty()) break;
      bytes += made.size();
    }
  }
  bench.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  bench.counters["begin_us"] = begin.us();
  bench.counters["piece_us"] = piece.us();
  bench.counters["state_bytes"] = static_cast<double>(state.state_bytes());
}

void copy_keys(benchmark::State& bench, std::uint64_t keys, bool in_one_slot) {
  copy(bench, machine_of(keys, in_one_slot));
}
void copy_sessions(benchmark::State& bench, int sessions, int replies) {
  copy(bench, machine_of_sessions(sessions, replies));
}

void build(benchmark::State& bench, Machine machine) {
  StateMachine& state = machine.state;
  std::vector<std::string> pieces;
  state.begin_copy();
  for (auto p = state.next_piece(kPieceBytes); !p.empty(); p = state.next_piece(kPieceBytes)) {
    pieces.push_back(std::move(p));
  }
  for (auto _ : bench) {
    StateBuilder builder;
    for (const std::string& p : pieces) CHECK(builder.add(p));
    auto built = builder.finish();
    bench.PauseTiming();  // destroyed elsewhere
    CHECK(built && built->digest() == state.digest());
    built.reset();
    bench.ResumeTiming();
  }
}

void build_keys(benchmark::State& bench, std::uint64_t keys, bool in_one_slot) {
  build(bench, machine_of(keys, in_one_slot));
}
void build_sessions(benchmark::State& bench, int sessions, int replies) {
  build(bench, machine_of_sessions(sessions, replies));
}

// Batches of 10 SETs of random keys, with or without a piece now and then.
void set_keys(benchmark::State& bench, std::uint64_t keys, int pieces_per_100_sets) {
  Machine machine = machine_of(keys, false);
  Prng prng(1);
  Longest set, piece;
  std::size_t waiting = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    if (pieces_per_100_sets > 0 && !machine.state.is_copying()) machine.state.begin_copy();
    std::vector<std::vector<Words>> batches(10);
    for (auto& batch : batches) {
      for (int i = 0; i < 10; ++i) {
        batch.push_back({"SET", key(prng.below(keys), false), std::string(100, 'w')});
      }
    }
    bench.ResumeTiming();
    for (const auto& batch : batches) set([&] { return machine.run(batch), 0; });
    bench.PauseTiming();
    waiting = std::max(waiting, machine.state.copy_bytes_waiting());
    for (int i = 0; i < pieces_per_100_sets; ++i) {
      piece([&] { return machine.state.next_piece(kPieceBytes); });
    }
    bench.ResumeTiming();
  }
  bench.SetItemsProcessed(100 * bench.iterations());
  bench.counters["batch_us"] = set.us();
  bench.counters["waiting_bytes"] = static_cast<double>(waiting);
}

constexpr auto kMs = benchmark::kMillisecond;
BENCHMARK_CAPTURE(copy_keys, 1M, 1'000'000, false)->Unit(kMs);
BENCHMARK_CAPTURE(copy_keys, 1M_in_one_slot, 1'000'000, true)->Unit(kMs);
BENCHMARK_CAPTURE(copy_sessions, 10k_of_128, 10'000, 128)->Unit(kMs);
BENCHMARK_CAPTURE(build_keys, 1M, 1'000'000, false)->Unit(kMs);
BENCHMARK_CAPTURE(build_keys, 1M_in_one_slot, 1'000'000, true)->Unit(kMs);
BENCHMARK_CAPTURE(build_sessions, 10k_of_128, 10'000, 128)->Unit(kMs);
BENCHMARK_CAPTURE(set_keys, 1M, 1'000'000, 0)->Iterations(5000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(set_keys, 1M_while_copying, 1'000'000, 1)
    ->Iterations(5000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace holdfast::kv

BENCHMARK_MAIN();
