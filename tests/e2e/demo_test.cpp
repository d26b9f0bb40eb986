#include <csignal>

#include "e2e/program.hpp"

namespace holdfast::e2e {
namespace {

class Demo : public TemporaryFolder {
 protected:
  Ended run_demo(const std::string& prefix) {
    return run("demo", "TMPDIR=" + folder_.string() + " " + prefix, 120);
  }
};

TEST_F(Demo, Interrupted_LeavesNothingBehind) {
  for (int ms = 5; ms < 1000; ms += 1 + ms / 2) {
    const std::string after = std::to_string(ms / 1000.0);
    const Ended ended = run_demo("timeout --preserve-status --signal=INT " + after);
    EXPECT_EQ(ended.code, 128 + SIGINT) << ended.output;
    EXPECT_TRUE(fs::is_empty(folder_)) << after;
  }
}

TEST_F(Demo, ToItsEnd_PassesAndLeavesNothingBehind) {
  const Ended ended = run_demo("");
  expect_end(ended, 0, "demo: 10 of 10 steps passed\n");
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace holdfast::e2e
