#include "storage/disk.hpp"
#include "base/planted.hpp"

namespace holdfast::storage {
namespace {

IoResult<std::unique_ptr<File>> write_temporary(Disk& disk, const std::string& path,
                                                std::string_view bytes, std::uint64_t file_bytes) {
  auto file = disk.open(path, OpenMode::kCreate);
  if (!file) return file;
  if (file_bytes > bytes.size()) {
    if (auto done = (*file)->allocate(file_bytes); !done) return std::unexpected(done.error());
  }
  if (auto done = (*file)->write_at(0, bytes); !done) return std::unexpected(done.error());
  if (auto done = (*file)->sync(); !done) return std::unexpected(done.error());
  return file;
}

}  // namespace

std::string IoError::message() const {
  return operation + " " + path + ": " + detail;
}

std::string parent_dir(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  const auto slash = end == std::string::npos ? std::string::npos : path.rfind('/', end);
  if (slash == std::string::npos) return path.starts_with('/') ? "/" : ".";
  const auto last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

IoResult<std::unique_ptr<File>> create_durably(Disk& disk, const std::string& path,
                                               std::string_view bytes, std::uint64_t file_bytes) {
  const std::string temporary = path + std::string(kTemporarySuffix);
  auto file = write_temporary(disk, temporary, bytes, file_bytes);
  if (!file) {
    // Gives the room back at once; if that fails too, the next start removes the file.
    (void)disk.remove(temporary);
    return file;
  }
  if (auto done = disk.rename(temporary, path); !done) return std::unexpected(done.error());
  if (planted(Bug::kDirectoryNotSynced)) return file;
  if (auto done = disk.sync_dir(parent_dir(path)); !done) return std::unexpected(done.error());
  return file;
}

}  // namespace holdfast::storage
