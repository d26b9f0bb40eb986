#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "storage/disk.hpp"

namespace holdfast::storage {

// A snapshot's file while it is being written, under a temporary name. After an error it is good
// for nothing but to be destroyed, which removes it: in particular, no sync is tried again.
class SnapshotDraft {
 public:
  // `path` is the temporary name.
  [[nodiscard]] static IoResult<SnapshotDraft> create(Disk& disk, std::string path);
  SnapshotDraft(SnapshotDraft&&) = default;
  SnapshotDraft& operator=(SnapshotDraft&&) = delete;
  ~SnapshotDraft();

  [[nodiscard]] IoResult<void> append(std::string_view bytes);
  // Gives it its name. It is durable then, and its name too; after an error neither is to be
  // believed.
  [[nodiscard]] IoResult<void> publish(const std::string& name);

  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }
  File& file() { return *file_; }

 private:
  SnapshotDraft(Disk& disk, std::string path, std::unique_ptr<File> file)
      : disk_(&disk), path_(std::move(path)), file_(std::move(file)) {}

  Disk* disk_;
  std::string path_;
  std::unique_ptr<File> file_;  // null: moved from, or published
  std::uint64_t size_ = 0;
  std::uint64_t synced_ = 0;
};

}  // namespace holdfast::storage
