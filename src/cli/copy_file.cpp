#include "cli/copy_file.hpp"

#include <iostream>
#include <utility>

namespace holdfast::cli {

using storage::SnapshotError;
using Kind = SnapshotError::Kind;

std::expected<CopyInfo, SnapshotError> read_copy(storage::Disk& disk, const std::string& path,
                                                 kv::CopyReader::PairVisitor visit) {
  kv::CopyReader reader(std::move(visit));
  auto header = storage::read_snapshot_copy(
      disk, path, [&](std::string_view piece) { return reader.add(piece); });
  if (!header) return std::unexpected(header.error());
  auto file = disk.open(path, storage::OpenMode::kRead);
  if (!file) return std::unexpected(storage::as_snapshot_error(file.error()));
  const auto size = (*file)->size();
  if (!size) return std::unexpected(storage::as_snapshot_error(size.error()));
  if (!reader.is_complete() || reader.header().applied_index != header->meta.last.index) {
    return std::unexpected(
        SnapshotError{Kind::kInvalid, path, *size, "the state in it is not complete"});
  }
  return CopyInfo{std::move(*header), reader.header(), *size};
}

int refuse_copy(const SnapshotError& error) {
  std::cerr << "holdfast: " << error.description() << "\n";
  const bool is_unreadable = error.kind == Kind::kIo || error.kind == Kind::kMissing;
  return is_unreadable ? kCopyFailed : kCopyDamaged;
}

}  // namespace holdfast::cli
