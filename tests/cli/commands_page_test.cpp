#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cli/commands_command.hpp"

namespace holdfast::cli {
namespace {

TEST(CommandsPage, IsWhatTheTablesSay) {
  std::ifstream file(HOLDFAST_TESTS_DIR "/../docs/commands.md");
  std::ostringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), commands_page()) << "write it anew: holdfast commands >docs/commands.md";
}

}  // namespace
}  // namespace holdfast::cli
