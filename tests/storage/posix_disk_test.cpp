#include "storage/posix_disk.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/data_folder.hpp"
#include "storage/wal.hpp"

namespace holdfast::storage {
namespace {

class PosixDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "holdfast-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  PosixDisk disk_;
  std::string dir_;
};

TEST_F(PosixDiskTest, File_ReadsWhatWasWritten) {
  const auto path = dir_ + "/file";
  auto file = disk_.open(path, OpenMode::kCreate);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->allocate(8192));
  ASSERT_TRUE((*file)->write_at(4000, "hello"));
  ASSERT_TRUE((*file)->sync());
  EXPECT_EQ(*(*file)->size(), 8192u);
  EXPECT_EQ(*(*file)->read(3999, 7), std::string("\0hello\0", 7));
  EXPECT_EQ((*file)->read(8190, 100)->size(), 2u);
  EXPECT_EQ((*file)->read(9000, 100)->size(), 0u);
  ASSERT_TRUE(disk_.open(path, OpenMode::kCreate));
  EXPECT_EQ(*(*file)->size(), 0u) << "emptied";
}

TEST_F(PosixDiskTest, Directory_ListsRenamesAndRemoves) {
  ASSERT_TRUE(disk_.make_dir(dir_ + "/sub"));
  EXPECT_EQ(disk_.make_dir(dir_ + "/sub").error().kind, IoError::Kind::kExists);
  EXPECT_EQ(disk_.make_dir(dir_ + "/no/sub").error().kind, IoError::Kind::kNotFound);
  ASSERT_TRUE(disk_.open(dir_ + "/sub/b", OpenMode::kCreate));
  ASSERT_TRUE(disk_.open(dir_ + "/sub/a", OpenMode::kCreate));
  ASSERT_TRUE(disk_.rename(dir_ + "/sub/b", dir_ + "/sub/c"));
  ASSERT_TRUE(disk_.sync_dir(dir_ + "/sub"));
  EXPECT_EQ(*disk_.list(dir_ + "/sub"), (std::vector<std::string>{"a", "c"}));
  ASSERT_TRUE(disk_.remove(dir_ + "/sub/a"));
  EXPECT_EQ(disk_.remove(dir_ + "/sub/a").error().kind, IoError::Kind::kNotFound);
  EXPECT_EQ(disk_.list(dir_ + "/none").error().kind, IoError::Kind::kNotFound);
}

// What a file takes up that somebody still holds open, or that has a second name.
struct LargeFile {
  LargeFile(PosixDisk& disk, const std::string& path) {
    file = *disk.open(path, OpenMode::kCreate);
    EXPECT_TRUE(file->allocate(kBytes));
    EXPECT_TRUE(file->sync());
  }
  std::uint64_t bytes() const { return *file->size(); }

  static constexpr std::uint64_t kBytes = 24 << 20;
  std::unique_ptr<File> file;
};

// Kills: a device that is told at once of all that a segment had, and serves nothing meanwhile.
TEST_F(PosixDiskTest, LargeFile_GivesItsRoomBackBitByBit) {
  const LargeFile large(disk_, dir_ + "/file");
  ASSERT_TRUE(disk_.remove_gently(dir_ + "/file"));
  EXPECT_EQ(*disk_.list(dir_), std::vector<std::string>());
  std::vector<std::uint64_t> seen{large.bytes()};
  while (seen.back() > 0) {
    if (const auto bytes = large.bytes(); bytes < seen.back()) seen.push_back(bytes);
  }
  EXPECT_GE(seen.size(), 4u);
}

// Kills: a log that finds the disk full for ever, since each attempt's room comes back only after
// the next one has failed.
TEST_F(PosixDiskTest, LargeFileThatIsJustRemoved_IsNotHeldOn) {
  const LargeFile large(disk_, dir_ + "/file");
  const LargeFile next(disk_, dir_ + "/next");
  ASSERT_TRUE(disk_.remove(dir_ + "/file"));
  ASSERT_TRUE(disk_.remove_gently(dir_ + "/next"));
  while (next.bytes() > 0) std::this_thread::yield();
  EXPECT_EQ(large.bytes(), LargeFile::kBytes) << "nobody but this test has it open";
}

TEST_F(PosixDiskTest, LargeFileWithAnotherName_StaysWhole) {
  const LargeFile large(disk_, dir_ + "/file");
  std::filesystem::create_hard_link(dir_ + "/file", dir_ + "/copy");
  ASSERT_TRUE(disk_.remove_gently(dir_ + "/file"));
  // The next one has been given back: that one would have been before it.
  const LargeFile next(disk_, dir_ + "/next");
  ASSERT_TRUE(disk_.remove_gently(dir_ + "/next"));
  while (next.bytes() > 0) std::this_thread::yield();
  EXPECT_EQ(large.bytes(), LargeFile::kBytes);
}

TEST_F(PosixDiskTest, FolderSetAside_IsMovedWithAllInIt) {
  const Identity identity{9, NodeId(1)};
  ASSERT_TRUE(DataFolder::open(disk_, dir_, identity, raft::Membership::of({{NodeId(1)}})));
  const auto aside = DataFolder::set_aside(disk_, dir_);
  ASSERT_TRUE(aside) << aside.error().message;
  EXPECT_EQ((*aside)->identity, identity);
  EXPECT_EQ(*disk_.list(dir_), (std::vector<std::string>{"damaged-1", "lock"}));
  EXPECT_EQ(*disk_.list(dir_ + "/damaged-1"),
            (std::vector<std::string>{"identity", "log", "snapshot"}));
  EXPECT_EQ(disk_.list(dir_ + "/damaged-1/log")->size(), 1u);
  const auto folder = DataFolder::open(disk_, dir_, identity, raft::Membership::of({{NodeId(1)}}));
  ASSERT_TRUE(folder);
  EXPECT_TRUE(folder->initial().members.empty());
}

TEST_F(PosixDiskTest, MissingFile_ErrorNamesPathAndOperation) {
  const auto file = disk_.open(dir_ + "/none", OpenMode::kRead);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind, IoError::Kind::kNotFound);
  EXPECT_EQ(file.error().message(), "open " + dir_ + "/none: No such file or directory");
}

TEST_F(PosixDiskTest, DeviceWithoutRoom_IsNoSpace) {
  auto full = disk_.open("/dev/full", OpenMode::kWrite);
  if (!full) GTEST_SKIP() << "no /dev/full";
  EXPECT_EQ((*full)->write_at(0, "x").error().kind, IoError::Kind::kNoSpace);
}

TEST_F(PosixDiskTest, Lock_IsHeldByOneAndNamesTheHolder) {
  const auto path = dir_ + "/lock";
  {
    const auto first = disk_.lock(path);
    ASSERT_TRUE(first);
    const auto second = disk_.lock(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, IoError::Kind::kLocked);
    EXPECT_EQ(second.error().detail, "held by process " + std::to_string(::getpid()));
  }
  EXPECT_TRUE(disk_.lock(path));
}

TEST_F(PosixDiskTest, WholeLog_SurvivesReopening) {
  const Identity identity{9, NodeId(1)};
  const std::string dir = dir_ + "/a/b";
  for (std::uint64_t life = 0; life < 5; ++life) {
    const auto folder = DataFolder::open(disk_, dir, identity);
    ASSERT_TRUE(folder) << folder.error().message;
    EXPECT_EQ(DataFolder::open(disk_, dir, identity).error().kind, FolderError::Kind::kLocked);
    auto opened = Wal::open(disk_, dir, {9, NodeId(1), 1 << 16});
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(opened->restored.entries.size(), life * 10);
    raft::Persist batch;
    batch.hard_state = raft::HardState{Term(life + 1), NodeId(1)};
    batch.first = Index(life * 10 + 1);
    for (int i = 0; i < 10; ++i) {
      batch.entries.push_back({Term(life + 1), raft::EntryKind::kCommand,
                               Payload(std::string(3000, static_cast<char>('a' + i)))});
    }
    ASSERT_TRUE(opened->wal.append(batch));
    ASSERT_TRUE(opened->wal.sync());
    ASSERT_TRUE(life % 2 == 0 || opened->wal.close());
  }
  EXPECT_GT(disk_.list(log_dir(dir))->size(), 2u);
}

TEST_F(PosixDiskTest, FolderThatIsAFile_IsAClearError) {
  ASSERT_TRUE(disk_.open(dir_ + "/file", OpenMode::kCreate));
  const auto folder = DataFolder::open(disk_, dir_ + "/file", {1, NodeId(1)});
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("Not a directory"), std::string::npos);
}

TEST_F(PosixDiskTest, FolderWithoutPermission_IsAClearError) {
  ASSERT_TRUE(disk_.make_dir(dir_ + "/closed"));
  std::filesystem::permissions(dir_ + "/closed", std::filesystem::perms::none);
  // Root may open it all the same, and is nobody for this one call.
  constexpr uid_t kNobody = 65534;
  const uid_t user = ::geteuid();
  if (user == 0) {
    std::filesystem::permissions(dir_, std::filesystem::perms(0755));
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  const auto folder = DataFolder::open(disk_, dir_ + "/closed", {1, NodeId(1)});
  ASSERT_EQ(::seteuid(user), 0);
  std::filesystem::permissions(dir_ + "/closed", std::filesystem::perms::owner_all);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, FolderError::Kind::kPermission);
}

TEST(ParentDir, Cases) {
  EXPECT_EQ(parent_dir("/a/b"), "/a");
  EXPECT_EQ(parent_dir("/a"), "/");
  EXPECT_EQ(parent_dir("a"), ".");
  EXPECT_EQ(parent_dir("a/b/"), "a");
  EXPECT_EQ(parent_dir("a//b"), "a");
  EXPECT_EQ(parent_dir("/"), "/");
  EXPECT_EQ(parent_dir("."), ".");
}

}  // namespace
}  // namespace holdfast::storage
