// The example in docs/log-format.md is what is really written.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "storage/log_fixture.hpp"

namespace holdfast::storage {
namespace {

// The text between ```KIND and ```.
std::string block(const std::string& kind) {
  std::ifstream file(HOLDFAST_TESTS_DIR "/../docs/log-format.md");
  std::string text;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = line == "```" + kind;
    } else if (inside) {
      text += line + "\n";
    }
  }
  return text;
}

std::string bytes_of_hex_block() {
  std::istringstream lines(block("hex"));
  std::string bytes;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(6, 16 * 3));
    for (std::string word; words >> word;) {
      bytes += static_cast<char>(std::stoi(word, nullptr, 16));
    }
  }
  return bytes;
}

TEST(LogFormatDocument, Example_IsWhatIsWritten) {
  sim::VirtualDisk disk;
  make_folder(disk);
  auto opened = open_wal(disk);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(opened->wal.append(vote(1, 3)));
  ASSERT_TRUE(opened->wal.sync());
  const raft::Entry noop{Term(1), raft::EntryKind::kNoop, Payload()};
  ASSERT_TRUE(opened->wal.append(entries(1, {noop, entry(1, "hello")})));
  ASSERT_TRUE(opened->wal.close());

  std::string expected = bytes_of_hex_block();
  ASSERT_EQ(expected.size(), 288u);
  expected.resize(4096);
  EXPECT_EQ(disk.contents(segment_path(1)), expected);
  EXPECT_EQ(disk.contents(kDir + "/identity"), block("text"));
}

TEST(LogFormatDocument, EveryRowOfTheTable_HasItsTest) {
  std::ifstream doc(HOLDFAST_TESTS_DIR "/../docs/log-format.md");
  std::ifstream tests(HOLDFAST_TESTS_DIR "/storage/recovery_table_test.cpp");
  std::stringstream source;
  source << tests.rdbuf();
  int rows = 0;
  for (std::string line; std::getline(doc, line);) {
    if (!line.starts_with("| T") && !line.starts_with("| L") && !line.starts_with("| S")) continue;
    const std::string row = line.substr(2, line.find(' ', 2) - 2);
    EXPECT_NE(source.str().find("TEST_F(RecoveryTable, " + row + "_"), std::string::npos) << row;
    ++rows;
  }
  EXPECT_EQ(rows, 21);
}

}  // namespace
}  // namespace holdfast::storage
