// Nanoseconds per command, and bytes per key, of the store alone: no socket, no log.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <ctime>

#include <string>
#include <vector>

#include "kv/command.hpp"
#include "kv/state_machine.hpp"

namespace holdfast::kv {
namespace {

constexpr std::uint64_t kNow = 1'700'000'000'000;

struct Silent : ApplyListener {
  void applied(NodeId, Index, std::uint64_t, Reply reply) override {
    benchmark::DoNotOptimize(reply);
  }
  void gap(NodeId, Index, std::uint64_t) override {}
  void opened(NodeId, std::uint64_t, Index) override {}
};

// Applies commands, many to an entry, as a busy cluster does.
class Store {
 public:
  Store() {
    std::string batch;
    Writer out(batch);
    put_batch_header({kNow}, out);
    put_section(OpenSection{NodeId(1), 7}, out);
    machine.apply(Index(++index_), batch, silent_);
  }

  void run(std::span<const std::vector<std::string>> commands, std::uint64_t now_ms = kNow) {
    std::string encoded;
    Writer writer(encoded);
    for (const auto& words : commands) {
      const std::vector<std::string_view> args(words.begin(), words.end());
      put_command(args, writer);
    }
    std::string batch;
    Writer out(batch);
    put_batch_header({now_ms}, out);
    put_section(CommandsSection{NodeId(1), Index(1), seq_, 64 << 20,
                                static_cast<std::uint32_t>(commands.size()), encoded},
                out);
    seq_ += commands.size();
    machine.apply(Index(++index_), batch, silent_);
  }

  // An entry that brings nothing but the time.
  void tick(std::uint64_t now_ms) {
    std::string batch;
    Writer out(batch);
    put_batch_header({now_ms}, out);
    machine.apply(Index(++index_), batch, silent_);
  }

  StateMachine machine;

 private:
  Silent silent_;
  std::uint64_t index_ = 0;
  std::uint64_t seq_ = 1;
};

std::string key(std::uint64_t n) {
  std::string digits = std::to_string(n);
  return "key:" + std::string(12 - digits.size(), '0') + digits;
}

void fill(Store& store, std::uint64_t keys, std::size_t value_bytes, std::uint64_t expires_ms = 0) {
  std::vector<std::vector<std::string>> commands;
  const std::string value(value_bytes, 'v');
  for (std::uint64_t i = 0; i < keys; ++i) {
    commands.push_back({"SET", key(i), value});
    if (expires_ms != 0)
      commands.back().insert(commands.back().end(), {"PXAT", std::to_string(expires_ms)});
    if (commands.size() < 500 && i + 1 < keys) continue;
    store.run(commands);
    commands.clear();
  }
}

// A hundred of the command to an entry, each on another of 100,000 keys.
void run_command(benchmark::State& state, const std::vector<std::string>& words) {
  constexpr std::size_t kBatch = 100;
  Store store;
  fill(store, 100'000, words[0] == "INCR" || words[0] == "INCRBYFLOAT" ? 0 : 100);
  std::vector<std::vector<std::string>> commands(kBatch, words);
  std::uint64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (auto& command : commands) {
      for (std::size_t i = 0; i < command.size(); ++i) {
        if (words[i] != "KEY") continue;
        next = (next * 2654435761 + 12345) % 100'000;
        const bool counts = words[0] == "INCR" || words[0] == "INCRBYFLOAT";
        command[i] = (counts ? "n" : "") + key(next);
      }
    }
    state.ResumeTiming();
    store.run(commands);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kBatch));
}

const std::vector<std::vector<std::string>> kCommands = {
    {"GET", "KEY"},
    {"SET", "KEY", std::string(100, 'x')},
    {"SET", "KEY", std::string(100, 'x'), "PX", "100000"},
    {"APPEND", "KEY", "x"},
    {"INCR", "KEY"},
    {"INCRBYFLOAT", "KEY", "1.5"},
    {"MSET", "KEY", "1", "KEY", "2"},
    {"MGET", "KEY", "KEY"},
    {"GETRANGE", "KEY", "10", "20"},
    {"SETRANGE", "KEY", "10", "abc"},
    {"SETBIT", "KEY", "77", "1"},
    {"BITCOUNT", "KEY"},
    {"EXPIRE", "KEY", "1000"},
    {"EXISTS", "KEY"},
    {"DEL", "KEY"},
    {"SCAN", "0", "COUNT", "10"},
    {"TTL", "KEY"},
    {"RANDOMKEY"},
    {"DBSIZE"}};

// What a million keys of 16 bytes with values of 100 take.
void bytes_per_key(benchmark::State& state) {
  constexpr std::uint64_t kKeys = 1'000'000;
  for (auto _ : state) {
    const auto used = [] {
      const struct mallinfo2 info = ::mallinfo2();
      return info.uordblks + info.hblkhd;
    };
    const std::size_t before = used();
    Store store;
    fill(store, kKeys, 100, static_cast<std::uint64_t>(state.range(0)));
    state.counters["bytes/key"] = static_cast<double>(used() - before) / kKeys;
  }
}

// Of this thread: whoever else wants the processor makes no entry longer.
double cpu_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// A million keys expire at once: the longest entry, and how long it takes until all are gone.
void expire_at_once(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    Store store;
    fill(store, 1'000'000, 100, kNow + 1);
    state.ResumeTiming();
    double longest = 0;
    while (store.machine.key_count() > 0) {
      const double begin = cpu_ms();
      store.tick(kNow + 2);
      longest = std::max(longest, cpu_ms() - begin);
    }
    state.counters["longest_ms"] = longest;
  }
}

// Keys under one hash tag: the longest that a command takes which adds one, and a page of SCAN.
void fill_one_slot(benchmark::State& state) {
  const std::string value(10, 'v');
  for (auto _ : state) {
    Store store;
    double longest_set = 0;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      const std::vector<std::string> set = {"SET", "{tag}" + std::to_string(i), value};
      const double begin = cpu_ms();
      store.run({&set, 1});
      longest_set = std::max(longest_set, cpu_ms() - begin);
    }
    double longest_page = 0;
    std::string cursor = "0";
    for (int page = 0; page < 100; ++page) {
      const std::vector<std::string_view> scan = {"SCAN", cursor, "COUNT", "10"};
      const double begin = cpu_ms();
      const Reply reply = store.machine.read(scan);
      longest_page = std::max(longest_page, cpu_ms() - begin);
      const Reply& next = std::get<Reply::Array>(reply.value).at(0);
      cursor = std::get<Reply::Bulk>(next.value).bytes.view();
    }
    state.counters["longest_set_ms"] = longest_set;
    state.counters["longest_page_ms"] = longest_page;
  }
}

// How long one entry or read takes when there are ten million keys.
void pause_of(benchmark::State& state, const std::vector<std::string>& words) {
  Store store;
  fill(store, 10'000'000, 10, words[0] == "FLUSHALL" ? kNow + 1'000'000'000 : 0);
  const std::vector<std::string_view> args(words.begin(), words.end());
  const bool writes = find_command(args)->is_write();
  for (auto _ : state) {
    const double begin = cpu_ms();
    if (writes) {
      store.run({&words, 1});
    } else {
      benchmark::DoNotOptimize(store.machine.read(args));
    }
    state.counters["pause_ms"] = cpu_ms() - begin;
  }
}

}  // namespace
}  // namespace holdfast::kv

int main(int argc, char** argv) {
  ::mallopt(M_MXFAST, 0);  // as the server
  using namespace holdfast::kv;
  for (const auto& words : kCommands) {
    std::string name;
    for (const std::string& word : words) {
      if (word.size() < 20) name += (name.empty() ? "" : "_") + word;
    }
    benchmark::RegisterBenchmark(name.c_str(), run_command, words);
  }
  benchmark::RegisterBenchmark("bytes_per_key", bytes_per_key)->Arg(0)->Iterations(1);
  benchmark::RegisterBenchmark("bytes_per_key_that_expires", bytes_per_key)
      ->Arg(1'900'000'000'000)
      ->Iterations(1);
  benchmark::RegisterBenchmark("expire_a_million_at_once", expire_at_once)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("fill_one_slot", fill_one_slot)
      ->Arg(1'000'000)
      ->Arg(10'000'000)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
  using Words = std::vector<std::string>;
  for (const Words& words :
       {Words{"KEYS", "nothing"}, Words{"KEYS", "*7777*"}, Words{"FLUSHALL"}}) {
    benchmark::RegisterBenchmark(("pause_of_" + words[0]).c_str(), pause_of, words)->Iterations(1);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
