#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/planted.hpp"
#include "raft/storm.hpp"

namespace holdfast::raft {
namespace {

constexpr std::uint64_t kSeeds = 200;

struct Climate {
  std::size_t nodes;
  Weather weather;
};
constexpr auto kClimates = std::to_array<Climate>({
    {3,
     {.loss = 0.05,
      .duplication = 0.1,
      .delay_ms_max = 100,
      .disk_ms_max = 100,
      .crash = 0.001,
      .partition = 0.002,
      .transfer = 0.002,
      .nonsense = 0.1}},
    {5,
     {.loss = 0.1,
      .duplication = 0.1,
      .delay_ms_max = 60,
      .disk_ms_max = 60,
      .crash = 0.0005,
      .partition = 0.002,
      .transfer = 0.002,
      .nonsense = 0.02}},
});

// What the first storm that breaks something breaks; empty if none does.
std::string broken_by_storms() {
  const ChecksThrow checks_throw;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const Climate& climate : kClimates) {
      try {
        Storm(climate.nodes, seed).run_for(4000, climate.weather);
      } catch (const std::exception& broken) {
        return broken.what();
      }
    }
  }
  return {};
}

// Two hundred storms do not find own-disk-not-awaited, commit-old-term (it takes figure 8 of the
// paper) and read-without-confirmation (a deposed leader that shares its successor's clock steps
// down in time).
constexpr auto kFoundByStorms = std::to_array<Bug>({
    Bug::kVoteNotPersisted,
    Bug::kVoteBeforeDisk,
    Bug::kAckBeforeDisk,
    Bug::kReadBeforeNoop,
    Bug::kStaleAppendTruncates,
    Bug::kCommitBeyondProof,
    Bug::kHeartbeatCommitBeyondMatch,
    Bug::kVoteForStaleLog,
    Bug::kVoteForgottenOnStepDown,
    Bug::kLateCompletionCounts,
    Bug::kLogsMerged,
    Bug::kConflictKept,
    Bug::kCommittedTruncated,
    Bug::kQuorumTooSmall,
    Bug::kLateReadAnswerTaken,
});

std::string name_of(Bug bug) {
  const auto found = std::ranges::find(planted_bugs(), bug, &PlantedBug::bug);
  std::string name(found->name);
  std::ranges::replace(name, '-', '_');
  return name;
}

class Planted : public testing::TestWithParam<Bug> {
 protected:
  void SetUp() override { plant(GetParam()); }
  void TearDown() override { plant(Bug::kNone); }
};

TEST_P(Planted, IsFoundByStorms) {
  const std::string broken = broken_by_storms();
  EXPECT_NE(broken, "");
  RecordProperty("broken", broken);
}

INSTANTIATE_TEST_SUITE_P(Raft, Planted, testing::ValuesIn(kFoundByStorms),
                         [](const auto& bug) { return name_of(bug.param); });

TEST(NothingPlanted, NothingIsFoundByStorms) {
  EXPECT_EQ(broken_by_storms(), "");
}

}  // namespace
}  // namespace holdfast::raft
