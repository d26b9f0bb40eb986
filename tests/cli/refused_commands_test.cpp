#include "cli/refused_commands.hpp"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using Words = std::vector<std::string_view>;

StreamCommand command(const Words& words, std::uint64_t number = 1) {
  return {number, 0, words};
}

TEST(RefusedCommands, WritesOfOneKey_Conflict) {
  const auto conflict = [](const Words& a, const Words& b) {
    EXPECT_EQ(command(a).conflicts_with(command(b)), command(b).conflicts_with(command(a)));
    return command(a).conflicts_with(command(b));
  };
  EXPECT_TRUE(conflict({"SET", "a", "1"}, {"append", "a", "2"}));
  EXPECT_TRUE(conflict({"SET", "a", "1"}, {"DEL", "b", "a"}));
  EXPECT_FALSE(conflict({"SET", "a", "1"}, {"SET", "b", "1"}));
  EXPECT_FALSE(conflict({"SET", "a", "1"}, {"GET", "a"}));
  EXPECT_FALSE(conflict({"GET", "a"}, {"GET", "a"}));
  EXPECT_TRUE(conflict({"SET", "a", "1"}, {"FLUSHALL"}));
  EXPECT_TRUE(conflict({"SET", "a", "1"}, {"NOSUCH", "b"}));
  EXPECT_TRUE(conflict({"SET", "a", "1"}, {"ONCE", "7", "1", "SET", "a", "2"}));
  EXPECT_FALSE(conflict({"SET", "a", "1"}, {"ONCE", "7", "1", "SET", "b", "2"}));
}

// Kills: SET a 1, refused, sent again behind a SET a 2 that was executed.
TEST(RefusedCommands, OvertakenByAWriteOfTheirKey_AreTakenOut) {
  RefusedCommands refused;
  refused.add(command({"SET", "a", "1"}, 1), "TRYAGAIN x");
  refused.add(command({"SET", "b", "1"}, 2), "TRYAGAIN x");
  refused.add(command({"INCR", "a"}, 3), "TRYAGAIN x");
  refused.add(command({"SET", "c", "1"}, 4), "TRYAGAIN x");
  const auto overtaken = refused.overtaken_by(command({"SET", "a", "2"}, 5));
  ASSERT_EQ(overtaken.size(), 2u);
  EXPECT_EQ(overtaken[0].command.number, 1u);
  EXPECT_EQ(overtaken[1].command.number, 3u);
  const auto rest = refused.take();
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].command.number, 2u);
  EXPECT_EQ(rest[1].command.number, 4u);
  EXPECT_TRUE(refused.empty());
}

TEST(RefusedCommands, OnlyWhatIsCertainlyNotExecuted_IsARefusal) {
  EXPECT_TRUE(RefusedCommands::is_refusal("CLUSTERDOWN no leader was found in time"));
  EXPECT_TRUE(RefusedCommands::is_refusal("TRYAGAIN too many writes are waiting"));
  EXPECT_FALSE(RefusedCommands::is_refusal("UNKNOWN it may have been executed"));
  EXPECT_FALSE(RefusedCommands::is_refusal("ERR unknown command"));
}

}  // namespace
}  // namespace holdfast::cli
