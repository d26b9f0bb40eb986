#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "raft/script.hpp"

namespace holdfast::raft {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> all_scripts() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(HOLDFAST_TESTS_DIR "/raft/scripts")) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem());
  }
  std::ranges::sort(names);
  return names;
}

class Dialogue : public testing::TestWithParam<std::string> {};

TEST_P(Dialogue, GoesAsWritten) {
  const std::string failure =
      Script::run(HOLDFAST_TESTS_DIR "/raft/scripts/" + GetParam() + ".txt");
  EXPECT_TRUE(failure.empty()) << failure;
}

INSTANTIATE_TEST_SUITE_P(Scripts, Dialogue, testing::ValuesIn(all_scripts()),
                         [](const auto& script) { return script.param; });

}  // namespace
}  // namespace holdfast::raft
