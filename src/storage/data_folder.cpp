#include "storage/data_folder.hpp"

#include <charconv>
#include <optional>

#include "base/checksum.hpp"
#include "storage/scan.hpp"
#include "storage/snapshot_store.hpp"

namespace holdfast::storage {
namespace {

using Kind = FolderError::Kind;
using Outcome = std::expected<void, FolderError>;

constexpr std::string_view kTitle = "holdfast data folder";
constexpr std::uint64_t kFolderVersion = 1;
constexpr std::size_t kIdentityBytesMax = 4096;

std::unexpected<FolderError> refuse(Kind kind, std::string message) {
  return std::unexpected(FolderError{kind, std::move(message)});
}

std::unexpected<FolderError> failed(const std::string& dir, const IoError& error) {
  const std::string text = "data folder " + dir + ": " + error.message() + ". ";
  switch (error.kind) {
    case IoError::Kind::kPermission:
      return refuse(Kind::kPermission, text +
                                           "Start the server as the folder's owner, or give its "
                                           "user read and write access to the folder.");
    case IoError::Kind::kLocked:
      return refuse(Kind::kLocked, text +
                                       "Another server runs on this folder: stop it, or give each "
                                       "server a folder of its own.");
    case IoError::Kind::kNoSpace:
      return refuse(Kind::kIo, text + "Make room on its file system.");
    case IoError::Kind::kIo:
    case IoError::Kind::kExists:
    case IoError::Kind::kNotFound:
    case IoError::Kind::kOther:
      break;
  }
  return refuse(Kind::kIo, text + "Check the path and the disk.");
}

std::string identity_path(const std::string& dir) {
  return dir + "/identity";
}

std::string identity_fields(std::uint64_t version, const Identity& identity) {
  return std::string(kTitle) + "\nversion " + std::to_string(version) + "\ncluster " +
         std::to_string(identity.cluster) + "\nnode " + std::to_string(identity.node.value()) +
         "\n";
}

std::string with_checksum(const std::string& fields) {
  return fields + "checksum " + std::to_string(checksum(fields)) + "\n";
}

// "name 123\n" at the front of `text`, which is then shortened by it.
std::optional<std::uint64_t> take_field(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name) || text.size() == name.size() || text[name.size()] != ' ') return {};
  text.remove_prefix(name.size() + 1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data() + text.size() || *end != '\n') return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return value;
}

std::expected<Identity, FolderError> parse_identity(const std::string& dir,
                                                    const std::string& text) {
  const auto damaged = [&] {
    return refuse(Kind::kDamaged,
                  identity_path(dir) +
                      " is damaged. It is the text that names the cluster and the node: put it "
                      "back from a copy, and check the disk before the node is trusted again.");
  };
  const std::string title = std::string(kTitle) + "\n";
  if (!text.starts_with(title)) return damaged();
  auto rest = std::string_view(text).substr(title.size());
  const auto version = take_field(rest, "version");
  const auto cluster = take_field(rest, "cluster");
  const auto node = take_field(rest, "node");
  if (!version || !cluster || !node) return damaged();
  const Identity identity{*cluster, NodeId(*node)};
  if (text != with_checksum(identity_fields(*version, identity))) return damaged();
  if (*version != kFolderVersion) {
    return refuse(Kind::kForeign, "data folder " + dir + " has format version " +
                                      std::to_string(*version) + ", this program reads version " +
                                      std::to_string(kFolderVersion) +
                                      ". Start the version of Holdfast that made the folder.");
  }
  return identity;
}

// Nothing: there is no identity.
std::expected<std::optional<Identity>, FolderError> load_identity(Disk& disk,
                                                                  const std::string& dir) {
  auto file = disk.open(identity_path(dir), OpenMode::kRead);
  if (!file) {
    if (file.error().kind == IoError::Kind::kNotFound) return std::optional<Identity>();
    return failed(dir, file.error());
  }
  const auto text = (*file)->read(0, kIdentityBytesMax);
  if (!text) return failed(dir, text.error());
  const auto identity = parse_identity(dir, *text);
  if (!identity) return std::unexpected(identity.error());
  return *identity;
}

// Each new directory is durable in its parent. True: `dir` itself is new.
IoResult<bool> make_dirs(Disk& disk, const std::string& dir) {
  auto made = disk.make_dir(dir);
  if (!made && made.error().kind == IoError::Kind::kNotFound && parent_dir(dir) != dir) {
    if (auto parent = make_dirs(disk, parent_dir(dir)); !parent) return parent;
    made = disk.make_dir(dir);
  }
  if (!made) {
    if (made.error().kind == IoError::Kind::kExists) return false;
    return std::unexpected(made.error());
  }
  if (auto done = disk.sync_dir(parent_dir(dir)); !done) return std::unexpected(done.error());
  return true;
}

// Fails if DIR/log holds more than an interrupted creation leaves: the first segment, without
// records.
Outcome expect_no_log(Disk& disk, const std::string& dir) {
  const auto names = disk.list(log_dir(dir));
  if (!names) return failed(dir, names.error());
  bool used = false;
  for (const auto& name : *names) {
    const auto sequence = parse_segment_name(name);
    if (!sequence) continue;
    auto file = disk.open(log_dir(dir) + "/" + name, OpenMode::kRead);
    if (!file) return failed(dir, file.error());
    const auto records = (*file)->read(kHeaderBytes, kFirstSegmentBytes);
    if (!records) return failed(dir, records.error());
    used |= *sequence != kFirstSequence || records->find_first_not_of('\0') != std::string::npos;
  }
  if (!used) return {};
  return refuse(Kind::kNoIdentity,
                "data folder " + dir +
                    " has a log but no file `identity`: nothing tells whose log it is. Put the "
                    "file back, or start the node with an empty folder if this log is not its.");
}

// The identity comes last: where it is, the log was made. So a log that has vanished since is
// noticed.
Outcome create(Disk& disk, const std::string& dir, const Identity& identity) {
  for (const auto& path : {log_dir(dir), snapshot_dir(dir)}) {
    auto made = disk.make_dir(path);
    if (!made && made.error().kind != IoError::Kind::kExists) return failed(dir, made.error());
  }
  if (auto empty = expect_no_log(disk, dir); !empty) return empty;
  if (auto done = disk.sync_dir(dir); !done) return failed(dir, done.error());
  const SegmentHeader header{.identity = identity};
  auto segment = create_durably(disk, log_dir(dir) + "/" + segment_name(header.sequence),
                                encode(header), header.file_bytes);
  if (!segment) return failed(dir, segment.error());
  auto file = create_durably(disk, identity_path(dir),
                             with_checksum(identity_fields(kFolderVersion, identity)));
  if (!file) return failed(dir, file.error());
  return {};
}

}  // namespace

std::expected<DataFolder, FolderError> DataFolder::open(Disk& disk, const std::string& dir,
                                                        const Identity& identity) {
  const auto made = make_dirs(disk, dir);
  if (!made) return failed(dir, made.error());
  auto lock = disk.lock(dir + "/lock");
  if (!lock) return failed(dir, lock.error());

  const auto found = load_identity(disk, dir);
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    // The one who made the directory may have been killed before it was durable. A parent that
    // we may not read is not ours, so we did not make anything in it.
    const auto synced = disk.sync_dir(parent_dir(dir));
    if (!synced && synced.error().kind != IoError::Kind::kPermission) {
      return failed(dir, synced.error());
    }
    if (auto done = create(disk, dir, identity); !done) return std::unexpected(done.error());
  } else if (**found != identity) {
    const auto text = [](const Identity& id) {
      return "node " + std::to_string(id.node.value()) + " of cluster " +
             std::to_string(id.cluster);
    };
    return refuse(Kind::kForeign, "data folder " + dir + " belongs to " + text(**found) +
                                      ", and this is " + text(identity) +
                                      ". Start each node with its own folder, and with the nodes "
                                      "of the cluster that it was made for.");
  }
  // Found or made, but its maker may have been killed before the directory was synced.
  if (auto done = disk.sync_dir(dir); !done) return failed(dir, done.error());
  return DataFolder(std::move(*lock));
}

std::expected<Identity, FolderError> read_identity(Disk& disk, const std::string& dir) {
  const auto found = load_identity(disk, dir);
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    return refuse(Kind::kNoIdentity, dir + " is not a Holdfast data folder: it has no identity.");
  }
  return **found;
}

}  // namespace holdfast::storage
