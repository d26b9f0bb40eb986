#pragma once

#include "storage/disk.hpp"
#include "storage/reclaimer.hpp"

namespace holdfast::storage {

// The real file system. New files and directories are for their owner only.
class PosixDisk final : public Disk {
 public:
  IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  IoResult<void> rename(const std::string& from, const std::string& to) override;
  IoResult<void> remove(const std::string& path) override;
  IoResult<void> remove_gently(const std::string& path) override;
  IoResult<std::vector<std::string>> list(const std::string& dir) override;
  IoResult<void> make_dir(const std::string& path) override;
  IoResult<void> sync_dir(const std::string& dir) override;
  IoResult<std::unique_ptr<Lock>> lock(const std::string& path) override;

 private:
  Reclaimer reclaimer_;
};

}  // namespace holdfast::storage
