#include "raft/storm.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace holdfast::raft {
namespace {

// How many seeds, and from which: HOLDFAST_SEEDS=1000 or HOLDFAST_SEED=77 for one alone.
std::pair<std::uint64_t, std::uint64_t> seeds() {
  if (const char* one = std::getenv("HOLDFAST_SEED")) {
    const auto seed = std::strtoull(one, nullptr, 10);
    return {seed, seed + 1};
  }
  const char* count = std::getenv("HOLDFAST_SEEDS");
  return {1, 1 + (count != nullptr ? std::strtoull(count, nullptr, 10) : 40)};
}

struct Climate {
  const char* name;
  std::size_t nodes;
  Weather weather;
  std::size_t voters = SIZE_MAX;
};

void PrintTo(const Climate& climate, std::ostream* out) {
  *out << climate.name;
}

class Storms : public testing::TestWithParam<Climate> {};

TEST_P(Storms, KeepRaftsPropertiesAndEnd) {
  const Climate& climate = GetParam();
  std::size_t committed = 0;
  std::size_t reads = 0;
  std::size_t leaders = 0;
  std::size_t changes = 0;
  std::size_t installs = 0;
  const auto [first, last] = seeds();
  for (std::uint64_t seed = first; seed < last; ++seed) {
    SCOPED_TRACE("HOLDFAST_SEED=" + std::to_string(seed));
    Storm storm(climate.nodes, seed, climate.voters);
    try {
      storm.run_for(4000, climate.weather);
      EXPECT_TRUE(storm.recovers(10'000)) << "no progress in fair weather";
    } catch (const std::exception& broken) {
      FAIL() << "broken: " << broken.what();
    }
    committed += storm.committed();
    reads += storm.reads_granted();
    leaders += storm.leaders();
    changes += storm.changes();
    installs += storm.installs();
  }
  RecordProperty("changes", static_cast<int>(changes));
  RecordProperty("installs", static_cast<int>(installs));
  // A storm in which nothing happens shows nothing.
  EXPECT_GT(committed, 20 * (last - first));
  EXPECT_GT(reads, 5 * (last - first));
  EXPECT_GE(leaders, last - first);
  EXPECT_GE(changes, climate.weather.change > 0 ? 2 * (last - first) : 0);
  EXPECT_GE(installs, climate.weather.snapshot > 0 ? (last - first) / 2 : 0);
}

INSTANTIATE_TEST_SUITE_P(
    Of, Storms,
    testing::Values(
        Climate{"Fair", 3, {}},
        Climate{"LossAndDuplicates", 3, {.loss = 0.15, .duplication = 0.15, .delay_ms_max = 30}},
        Climate{"Reordering", 5, {.duplication = 0.1, .delay_ms_max = 200}},
        Climate{
            "Crashes", 3, {.loss = 0.02, .delay_ms_max = 10, .disk_ms_max = 40, .crash = 0.001}},
        Climate{"Partitions", 5, {.loss = 0.02, .partition = 0.005}},
        Climate{"SlowDisks", 3, {.disk_ms_max = 400}},
        Climate{"Transfers", 3, {.loss = 0.05, .delay_ms_max = 20, .transfer = 0.01}},
        Climate{"OldMessages", 5, {.delay_ms_max = 20, .transfer = 0.002, .nonsense = 0.3}},
        Climate{"Snapshots",
                3,
                {.loss = 0.05,
                 .delay_ms_max = 20,
                 .disk_ms_max = 20,
                 .crash = 0.001,
                 .partition = 0.002,
                 .snapshot = 0.02}},
        Climate{
            "Changes", 5, {.loss = 0.05, .delay_ms_max = 20, .transfer = 0.002, .change = 0.01}, 3},
        Climate{"ChangesAndSnapshots",
                5,
                {.loss = 0.02,
                 .delay_ms_max = 20,
                 .disk_ms_max = 20,
                 .crash = 0.0002,
                 .transfer = 0.002,
                 .snapshot = 0.02,
                 .change = 0.05},
                3},
        Climate{"EverythingAndChanges",
                5,
                {.loss = 0.1,
                 .duplication = 0.1,
                 .delay_ms_max = 60,
                 .disk_ms_max = 60,
                 .crash = 0.0005,
                 .partition = 0.002,
                 .transfer = 0.002,
                 .nonsense = 0.02,
                 .snapshot = 0.01,
                 .change = 0.05},
                3},
        Climate{"Everything",
                5,
                {.loss = 0.1,
                 .duplication = 0.1,
                 .delay_ms_max = 60,
                 .disk_ms_max = 60,
                 .crash = 0.0005,
                 .partition = 0.002,
                 .transfer = 0.002,
                 .nonsense = 0.02}}),
    [](const auto& climate) { return std::string(climate.param.name); });

}  // namespace
}  // namespace holdfast::raft
