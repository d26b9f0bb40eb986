#include "storage/recovery.hpp"

#include <algorithm>

namespace holdfast::storage {
namespace {

IoResult<void> remove_leftovers(Disk& disk, const std::string& dir, const LogEnd& end,
                                std::vector<std::string>& notes) {
  auto names = disk.list(dir);
  if (!names) return std::unexpected(names.error());
  std::vector<std::string> paths;
  for (const auto& name : *names) {
    if (name.ends_with(kTemporarySuffix)) paths.push_back(dir + "/" + name);
  }
  if (end.empty_path) paths.push_back(*end.empty_path);
  for (const auto& path : paths) {
    if (auto done = disk.remove(path); !done) return done;
    notes.push_back("removed " + path + ", left by an interrupted creation");
  }
  // Also for a segment whose name an interrupted creation did not make durable.
  return disk.sync_dir(dir);
}

// A last segment without records may have been made just before a crash, its predecessor not yet
// sealed. Sealing twice does no harm.
IoResult<void> seal_previous(Disk& disk, const LogEnd& end) {
  auto file = disk.open(end.previous_path, OpenMode::kWrite);
  if (!file) return std::unexpected(file.error());
  std::string seal;
  RecordWriter(seal, segment_seed(end.header.identity, end.header.sequence - 1), end.previous_end,
               end.previous_end)
      .seal();
  if (auto done = (*file)->write_at(end.previous_end, seal); !done) return done;
  return (*file)->sync();
}

// Zeros, durable before anything new: else a whole record in the torn group could one day be
// taken for the successor of a new one that happens to end just before it.
IoResult<void> cut_torn_tail(File& file, const LogEnd& end) {
  constexpr std::uint64_t kChunk = 1 << 20;
  const std::string zeros(std::min(kChunk, end.torn_end - end.offset), '\0');
  for (auto at = end.offset; at < end.torn_end; at += zeros.size()) {
    const auto size = std::min<std::uint64_t>(zeros.size(), end.torn_end - at);
    if (auto done = file.write_at(at, std::string_view(zeros).substr(0, size)); !done) return done;
  }
  return {};
}

// What was read may be in memory only, for instance after kill -9 between write and fdatasync.
// After a failed fdatasync such pages may even count as clean; written again they are dirty.
IoResult<void> write_unproven_again(File& file, const LogEnd& end) {
  auto bytes = file.read(end.proven, static_cast<std::size_t>(end.offset - end.proven));
  if (!bytes) return std::unexpected(bytes.error());
  return file.write_at(end.proven, *bytes);
}

IoResult<std::unique_ptr<File>> repair(Disk& disk, const std::string& dir, const LogEnd& end,
                                       std::vector<std::string>& notes) {
  if (auto done = remove_leftovers(disk, dir, end, notes); !done) {
    return std::unexpected(done.error());
  }
  if (!end.has_records && !end.previous_path.empty()) {
    if (auto done = seal_previous(disk, end); !done) return std::unexpected(done.error());
  }
  auto file = disk.open(end.path, OpenMode::kWrite);
  if (!file) return file;
  if (end.torn_end != 0) {
    if (auto done = cut_torn_tail(**file, end); !done) return std::unexpected(done.error());
    notes.push_back("cut " + std::to_string(end.torn_end - end.offset) +
                    " bytes of a group that was never acknowledged: " + end.path + " at offset " +
                    std::to_string(end.offset));
  }
  if (auto done = write_unproven_again(**file, end); !done) return std::unexpected(done.error());
  // A mark alone promises nothing: it goes to the disk with the next group.
  if (end.marked && end.torn_end == 0) return file;
  if (auto done = (*file)->sync(); !done) return std::unexpected(done.error());
  return file;
}

}  // namespace

std::expected<std::unique_ptr<File>, RecoveryError> repair_log(Disk& disk, const std::string& dir,
                                                               const LogEnd& end,
                                                               std::vector<std::string>& notes) {
  auto file = repair(disk, log_dir(dir), end, notes);
  if (!file) {
    return std::unexpected(
        RecoveryError{RecoveryError::Kind::kIo, file.error().path, 0, file.error().message()});
  }
  return std::move(*file);
}

std::expected<void, RecoveryError> check_continues(const std::string& dir, raft::Position last,
                                                   const raft::Restored& restored) {
  const raft::Position base = restored.base;
  const auto refuse = [&](RecoveryError::Kind kind, std::string reason) {
    return std::unexpected(RecoveryError{kind, log_dir(dir), 0, std::move(reason)});
  };
  if (base.index > last.index) {
    return refuse(
        RecoveryError::Kind::kMissingSegment,
        "the log begins with entry " + std::to_string(base.index.next().value()) + ", and " +
            (last.index
                 ? "the newest snapshot ends with entry " + std::to_string(last.index.value())
                 : "there is no snapshot") +
            ": what is between them is missing");
  }
  // The log would count as one that does not contain the snapshot, and be dropped.
  if (base.index == last.index && base.term != last.term) {
    return refuse(RecoveryError::Kind::kInvalid,
                  "the log goes on behind entry " + std::to_string(base.index.value()) +
                      " of term " + std::to_string(base.term.value()) +
                      ", and the snapshot ends with that of term " +
                      std::to_string(last.term.value()));
  }
  return {};
}

}  // namespace holdfast::storage
