// The examples in docs/log-format.md and docs/snapshot-format.md are what is really written.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "storage/snapshot_fixture.hpp"

namespace holdfast::storage {
namespace {

const std::string kLogFormat = HOLDFAST_TESTS_DIR "/../docs/log-format.md";
const std::string kSnapshotFormat = HOLDFAST_TESTS_DIR "/../docs/snapshot-format.md";

// The text between ```KIND and ```.
std::string block(const std::string& document, const std::string& kind) {
  std::ifstream file(document);
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

std::string bytes_of_hex_block(const std::string& document) {
  std::istringstream lines(block(document, "hex"));
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
  raft::Membership initial;
  for (const std::uint64_t id : {1, 2, 3}) {
    const std::string digit = std::to_string(id);
    initial.members.push_back({.id = NodeId(id), .address = "10.0.0." + digit + ":7101"});
  }
  ASSERT_TRUE(DataFolder::open(disk, kDir, kIdentity, initial));
  auto opened = open_wal(disk);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(opened->wal.append(vote(1, 3)));
  ASSERT_TRUE(opened->wal.sync());
  opened->wal.mark();
  const raft::Entry noop{Term(1), raft::EntryKind::kNoop, Payload()};
  ASSERT_TRUE(opened->wal.append(entries(1, {noop, entry(1, "hello")})));
  ASSERT_TRUE(opened->wal.close());

  std::string expected = bytes_of_hex_block(kLogFormat);
  ASSERT_EQ(expected.size(), 320u);
  expected.resize(4096);
  EXPECT_EQ(disk.contents(segment_path(1)), expected);
  EXPECT_EQ(disk.contents(kDir + "/identity"), block(kLogFormat, "text"));
}

TEST(SnapshotFormatDocument, Example_IsWhatIsWritten) {
  sim::VirtualDisk disk;
  make_folder(disk);
  auto store = open_store(disk);
  ASSERT_TRUE(store);
  raft::SnapshotMeta meta{.last = {Index(2), Term(1)}, .membership = {}};
  meta.membership.members.push_back({.id = NodeId(3), .address = "a:7103"});
  ASSERT_TRUE(store->begin(meta, 0x1122334455667788));
  ASSERT_TRUE(store->add("hello"));
  const auto made = store->finish();
  ASSERT_TRUE(made);

  const std::string expected = bytes_of_hex_block(kSnapshotFormat);
  EXPECT_EQ(expected.size(), 190u);
  EXPECT_EQ(disk.contents(made->path), expected);
  EXPECT_EQ(made->path.substr(kDir.size()) + "\n", "/snapshot/" + block(kSnapshotFormat, "text"));
}

TEST(LogFormatDocument, EveryRowOfTheTable_HasItsTest) {
  std::ifstream doc(kLogFormat);
  std::ifstream tests(HOLDFAST_TESTS_DIR "/storage/recovery_table_test.cpp");
  std::stringstream source;
  source << tests.rdbuf();
  int rows = 0;
  for (std::string line; std::getline(doc, line);) {
    if (!line.starts_with("| ") || std::string_view("TLFS").find(line[2]) == std::string::npos) {
      continue;
    }
    const std::string row = line.substr(2, line.find(' ', 2) - 2);
    EXPECT_NE(source.str().find("TEST_F(RecoveryTable, " + row + "_"), std::string::npos) << row;
    ++rows;
  }
  EXPECT_EQ(rows, 25);
}

}  // namespace
}  // namespace holdfast::storage
