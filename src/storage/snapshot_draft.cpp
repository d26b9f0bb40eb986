#include "storage/snapshot_draft.hpp"

#include "base/planted.hpp"

namespace holdfast::storage {
namespace {

// Written back in portions: all at once at the end would keep the device busy while the log waits
// for it.
constexpr std::uint64_t kSyncBytes = 32 << 20;

}  // namespace

IoResult<SnapshotDraft> SnapshotDraft::create(Disk& disk, std::string path) {
  auto file = disk.open(path, OpenMode::kCreate);
  if (!file) return std::unexpected(file.error());
  return SnapshotDraft(disk, std::move(path), std::move(*file));
}

SnapshotDraft::~SnapshotDraft() {
  if (!file_) return;
  file_.reset();
  // If it fails, the next start removes the file.
  (void)disk_->remove(path_);
}

IoResult<void> SnapshotDraft::append(std::string_view bytes) {
  if (auto done = file_->write_at(size_, bytes); !done) return done;
  size_ += bytes.size();
  if (size_ - synced_ < kSyncBytes) return {};
  synced_ = size_;
  return file_->sync();
}

IoResult<void> SnapshotDraft::publish(const std::string& name) {
  if (!planted(Bug::kSnapshotNotSynced)) {
    if (auto done = file_->sync(); !done) return done;
  }
  if (auto done = disk_->rename(path_, name); !done) return done;
  path_ = name;
  if (auto done = disk_->sync_dir(parent_dir(name)); !done) return done;
  file_.reset();
  return {};
}

}  // namespace holdfast::storage
