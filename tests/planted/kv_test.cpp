#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/planted.hpp"
#include "kv/copies.hpp"

namespace holdfast::kv {
namespace {

// Random histories find these within so many seeds; the right code goes through all of them.
constexpr std::uint64_t kSeeds = 5;

std::string name_of(Bug bug) {
  std::string name(std::ranges::find(planted_bugs(), bug, &PlantedBug::bug)->name);
  std::ranges::replace(name, '-', '_');
  return name;
}

class PlantedInCopies : public testing::TestWithParam<Bug> {
 protected:
  void TearDown() override { plant(Bug::kNone); }
};

TEST_P(PlantedInCopies, Bug_IsFound) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    plant(Bug::kNone);
    ASSERT_EQ(broken_copy(seed), "") << "seed " << seed << " without the bug";
    plant(GetParam());
    if (const std::string broken = broken_copy(seed); !broken.empty()) {
      RecordProperty("broken", broken);
      return;
    }
  }
  FAIL() << "no seed broke";
}

INSTANTIATE_TEST_SUITE_P(Of, PlantedInCopies,
                         testing::Values(Bug::kSnapshotSlotChanged, Bug::kSnapshotWithoutSessions),
                         [](const auto& bug) { return name_of(bug.param); });

}  // namespace
}  // namespace holdfast::kv
