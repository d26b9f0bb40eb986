#include "sim/swarm.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace holdfast::sim {

namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(100);

constexpr auto kRarePaths = std::to_array<std::string_view>({
    "network: frames lost",
    "network: frames duplicated",
    "network: frames damaged",
    "network: damaged frames refused",
    "network: frames torn",
    "network: frames held",
    "network: frames cut off",
    "network: client connections broken",
    "operations of unknown outcome",
    "operations refused",
    "rot: found, the node refuses to start",
    "start: restored log",
    "stop: disk failed",
    "stop: log refused",
    "stop: removed from the cluster",
    "members: data lost",
    "members: a node without data has joined",
    "members: add, done",
    "members: add, refused",
    "members: add learner, done",
    "members: promote, done",
    "members: remove, done",
    "members: remove, refused",
    "members: replace, done",
    "members: move, done",
    "trace: installs a snapshot of entry ",
    "trace: made a snapshot of entry ",
    "trace: the leader, node ",
});

// Shared by the threads of one swarm.
struct Work {
  explicit Work(const SwarmOptions& o) : options(o), running(std::max(1U, o.threads)) {}

  const SwarmOptions& options;
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  std::condition_variable changed;
  SwarmResult result;
  unsigned running;

  void work() {
    for (;;) {
      const std::uint64_t number = next++;
      if (number >= options.seeds || is_beyond_broken(number)) break;
      const std::uint64_t seed = options.first_seed + number;
      Plan plan = Plan::draw(seed);
      if (options.adjust) options.adjust(plan);
      take(seed, run(plan));
    }
    const std::lock_guard lock(mutex);
    --running;
    changed.notify_all();
  }

  bool is_beyond_broken(std::uint64_t number) {
    const std::lock_guard lock(mutex);
    return result.broken_seed && options.first_seed + number > *result.broken_seed;
  }

  void take(std::uint64_t seed, const RunResult& run) {
    const std::lock_guard lock(mutex);
    ++result.seeds_done;
    result.events += run.events;
    result.virtual_time += run.virtual_time;
    result.hash += run.hash ^ seed;
    result.tally.merge(run.tally);
    if (run.violation) result.broken_seed = std::min(result.broken_seed.value_or(seed), seed);
  }
};

}  // namespace

SwarmResult swarm(const SwarmOptions& options,
                  const std::function<void(const SwarmProgress&)>& progress) {
  Work work(options);
  std::vector<std::jthread> threads;
  for (unsigned i = work.running; i > 0; --i) threads.emplace_back([&work] { work.work(); });
  std::unique_lock lock(work.mutex);
  while (!work.changed.wait_for(lock, kProgressInterval, [&] { return work.running == 0; })) {
    const SwarmProgress now{work.result.seeds_done, work.result.events};
    lock.unlock();
    if (progress) progress(now);
    lock.lock();
  }
  return work.result;
}

std::vector<std::string> never_met(const Tally& tally) {
  std::vector<std::string> missing;
  const auto demand = [&](std::string what) {
    if (!tally.counts().contains(what)) missing.push_back(std::move(what));
  };
  for (std::size_t kind = 0; kind < kFaultKinds; ++kind) {
    demand("fault: " + std::string(to_string(static_cast<FaultKind>(kind))));
  }
  for (const std::string_view path : kRarePaths) demand(std::string(path));
  return missing;
}

}  // namespace holdfast::sim
