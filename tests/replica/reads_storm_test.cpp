#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "replica/world.hpp"

namespace holdfast::replica {
namespace {

// A counter that only grows: what a read must see at least is known the moment it is asked.
class Counter {
 public:
  explicit Counter(World& world) : world_(world) {}

  void add(std::uint64_t node) { adds_.push_back(world_.write(node, {"INCR", "k"})); }
  void read(std::uint64_t node) { reads_.push_back({world_.read(node, {"GET", "k"}), known_}); }

  // Notes what was answered; false if a read missed what was known when it was asked.
  bool check() {
    std::int64_t known = known_;
    std::erase_if(adds_, [&](std::uint64_t request) {
      const auto reply = world_.answer(request);
      if (!reply) return false;
      if (const auto* value = std::get_if<std::int64_t>(&reply->value)) {
        known = std::max(known, *value);
      }
      return true;
    });
    bool fresh = true;
    std::erase_if(reads_, [&](const Read& read) {
      const auto reply = world_.answer(read.request);
      if (!reply) return false;
      if (reply->is_error()) return true;
      const auto* bulk = std::get_if<kv::Reply::Bulk>(&reply->value);
      const std::int64_t seen = bulk ? std::stoll(std::string(bulk->bytes.view())) : 0;
      fresh = fresh && seen >= read.at_least;
      known = std::max(known, seen);
      ++answered_;
      return true;
    });
    known_ = known;
    return fresh;
  }
  std::size_t answered() const { return answered_; }

 private:
  struct Read {
    std::uint64_t request;
    std::int64_t at_least;
  };
  World& world_;
  std::vector<std::uint64_t> adds_;
  std::vector<Read> reads_;
  std::int64_t known_ = 0;
  std::size_t answered_ = 0;
};

TEST(Replica, StormOfRestartsAndDelays_NoReadIsStale) {
  const char* more = std::getenv("HOLDFAST_SEEDS");
  const std::uint64_t seeds = more ? std::strtoull(more, nullptr, 10) : 40;
  std::size_t answered = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world(3, seed);
    Counter counter(world);
    Prng prng(seed);
    world.loss = 0.05;
    world.delay_ms_max = static_cast<int>(prng.between(2, 200));
    world.disk_delay_ms_max = 15;
    std::uint64_t down = 0;
    for (int i = 0; i < 6000; ++i) {
      const auto node = prng.between(1, 3);
      if (prng.below(10) == 0 && world.is_up(node)) counter.add(node);
      if (prng.below(10) == 0 && world.is_up(node)) counter.read(node);
      if (prng.below(300) == 0 && down == 0) world.crash(down = prng.between(1, 3));
      if (prng.below(100) == 0 && down != 0) world.restart(std::exchange(down, 0));
      if (prng.below(900) == 0) world.cut(prng.between(1, 3));
      if (prng.below(300) == 0) world.heal();
      world.step();
      ASSERT_TRUE(counter.check()) << "seed " << seed;
    }
    answered += counter.answered();
    world.heal();
    world.loss = 0;
    if (down != 0) world.restart(down);
    for (std::uint64_t node = 1; node <= 3; ++node) {
      const auto read = world.read(node, {"GET", "k"});
      EXPECT_TRUE(world.run_until([&] { return world.answer(read).has_value(); })) << seed;
      EXPECT_FALSE(world.answer(read)->is_error()) << seed;
    }
  }
  EXPECT_GT(answered, 100 * seeds);
}

}  // namespace
}  // namespace holdfast::replica
