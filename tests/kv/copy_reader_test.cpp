#include "kv/copy_reader.hpp"

#include <gtest/gtest.h>

#include <map>

#include "copies.hpp"
#include "machine.hpp"

namespace holdfast::kv {
namespace {

// Of each kind of piece one at least.
Pieces small_copy() {
  Machine machine;
  for (int i = 0; i < 3; ++i) {
    const std::string session = std::to_string(machine.open_session());
    machine.run({"ONCE", session, "1", "APPEND", "k" + std::to_string(i), "value"});
  }
  machine.run({"SET", "other", std::string(40, 'x')});
  return copy_of(machine.state(), 60);
}

using Pairs = std::map<std::string, std::string>;

struct Seen {
  Pairs pairs;
  CopyReader reader{[this](const Pair& pair) { pairs.emplace(pair.key, pair.value); }};
};

TEST(CopyReader, AllPieces_ShowEachPairAndAreComplete) {
  Seen seen;
  for (const std::string& piece : small_copy()) {
    EXPECT_FALSE(seen.reader.is_complete());
    ASSERT_TRUE(seen.reader.add(piece));
  }
  EXPECT_TRUE(seen.reader.is_complete());
  EXPECT_EQ(seen.reader.header().sessions, 3u);
  EXPECT_EQ(seen.reader.header().keys, 4u);
  EXPECT_EQ(
      seen.pairs,
      (Pairs{{"k0", "value"}, {"k1", "value"}, {"k2", "value"}, {"other", std::string(40, 'x')}}));
}

TEST(CopyReader, PieceThatIsMissing_IsNoticed) {
  const Pieces whole = small_copy();
  ASSERT_GT(whole.size(), 3u);
  for (std::size_t missing = 0; missing < whole.size(); ++missing) {
    Seen seen;
    bool good = true;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      if (i != missing) good = good && seen.reader.add(whole[i]);
    }
    EXPECT_FALSE(good && seen.reader.is_complete()) << missing;
  }
}

TEST(CopyReader, PieceThatComesTwice_IsRefused) {
  const Pieces whole = small_copy();
  for (std::size_t twice = 0; twice < whole.size(); ++twice) {
    Seen seen;
    bool good = true;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      good = good && seen.reader.add(whole[i]);
      if (i == twice) good = good && seen.reader.add(whole[i]);
    }
    EXPECT_FALSE(good) << twice;
  }
}

TEST(CopyReader, EveryCutOfAPiece_IsRefusedOrIncomplete) {
  const Pieces whole = small_copy();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (std::size_t size = 0; size < whole[at].size(); ++size) {
      Seen seen;
      bool good = true;
      for (std::size_t i = 0; i < whole.size(); ++i) {
        good = good && seen.reader.add(i == at ? whole[i].substr(0, size) : whole[i]);
      }
      EXPECT_FALSE(good && seen.reader.is_complete()) << at << " cut at " << size;
    }
  }
}

}  // namespace
}  // namespace holdfast::kv
