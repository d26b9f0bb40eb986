#include "storage/data_folder.hpp"

#include <algorithm>

#include "storage/scan.hpp"
#include "storage/snapshot_store.hpp"

namespace holdfast::storage {
namespace {

using Kind = FolderError::Kind;
using Outcome = std::expected<void, FolderError>;

std::unexpected<FolderError> refuse(Kind kind, std::string message) {
  return std::unexpected(FolderError{kind, std::move(message)});
}

std::unexpected<FolderError> failed(const std::string& dir, const IoError& error) {
  return std::unexpected(as_folder_error(dir, error));
}

std::string identity_path(const std::string& dir) {
  return dir + "/identity";
}

std::unexpected<FolderError> refuse_identity(const std::string& dir, const IdentityFlaw& flaw) {
  if (flaw.version) {
    return refuse(Kind::kForeign,
                  "data folder " + dir + " has format version " + std::to_string(*flaw.version) +
                      ", this program reads version " + std::to_string(kFolderVersion) +
                      ". Start the version of Holdfast that made the folder.");
  }
  return refuse(Kind::kDamaged,
                identity_path(dir) +
                    " is damaged. It is the text that names the cluster and the node: put it "
                    "back from a copy, and check the disk before the node is trusted again.");
}

// Nothing: there is no identity.
std::expected<std::optional<IdentityFile>, FolderError> load_identity(Disk& disk,
                                                                      const std::string& dir) {
  auto file = disk.open(identity_path(dir), OpenMode::kRead);
  if (!file) {
    if (file.error().kind == IoError::Kind::kNotFound) return std::optional<IdentityFile>();
    return failed(dir, file.error());
  }
  const auto text = (*file)->read(0, kIdentityBytesMax);
  if (!text) return failed(dir, text.error());
  auto identity = decode_identity(*text);
  if (!identity) return refuse_identity(dir, identity.error());
  return std::move(*identity);
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

// The one who made the directory may have been killed before it was durable. A parent that we may
// not read is not ours, so we did not make anything in it.
IoResult<void> sync_parent(Disk& disk, const std::string& dir) {
  auto synced = disk.sync_dir(parent_dir(dir));
  if (!synced && synced.error().kind == IoError::Kind::kPermission) return {};
  return synced;
}

// Fails if DIR/log or DIR/snapshot hold more than an interrupted creation leaves: the first
// segment, without records.
Outcome expect_unused(Disk& disk, const std::string& dir) {
  const auto names = disk.list(log_dir(dir));
  if (!names) return failed(dir, names.error());
  const auto snapshots = disk.list(snapshot_dir(dir));
  if (!snapshots) return failed(dir, snapshots.error());
  bool used = !snapshots->empty();
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
                    " has a log or snapshots but no file `identity`: nothing tells whose they are. "
                    "Put the file back, or start the node with an empty folder if they are not "
                    "its.");
}

IoResult<bool> was_set_aside(Disk& disk, const std::string& dir) {
  const auto names = disk.list(dir);
  if (!names) return std::unexpected(names.error());
  return std::ranges::any_of(*names, [](const auto& name) { return !!parse_damaged_name(name); });
}

IoResult<void> make_parts(Disk& disk, const std::string& dir) {
  for (const auto& path : {log_dir(dir), snapshot_dir(dir)}) {
    auto made = disk.make_dir(path);
    if (!made && made.error().kind != IoError::Kind::kExists) return made;
  }
  return disk.sync_dir(dir);
}

Outcome make_first_segment(Disk& disk, const std::string& dir, const Identity& identity) {
  const SegmentHeader header{.identity = identity};
  auto segment = create_durably(disk, log_dir(dir) + "/" + segment_name(header.sequence),
                                encode(header), header.file_bytes);
  if (!segment) return failed(dir, segment.error());
  return {};
}

// The identity comes last: where it is, the log was made. So a log that has vanished since is
// noticed.
Outcome make_identity(Disk& disk, const std::string& dir, const IdentityFile& identity) {
  auto file = create_durably(disk, identity_path(dir), encode(identity));
  if (!file) return failed(dir, file.error());
  return {};
}

Outcome create(Disk& disk, const std::string& dir, const IdentityFile& identity) {
  if (auto done = make_parts(disk, dir); !done) return failed(dir, done.error());
  if (auto unused = expect_unused(disk, dir); !unused) return unused;
  if (auto done = make_first_segment(disk, dir, identity.identity); !done) return done;
  return make_identity(disk, dir, identity);
}

Outcome expect_empty(Disk& disk, const std::string& dir) {
  const auto names = disk.list(dir);
  if (!names) return failed(dir, names.error());
  if (names->empty()) return {};
  return refuse(Kind::kNotEmpty, dir + " is not empty: it has " + names->front() +
                                     ". Name an empty folder, or one that is not there yet.");
}

// Makes the folder, whose directory is there.
std::expected<IdentityFile, FolderError> create_new(Disk& disk, const std::string& dir,
                                                    IdentityFile identity) {
  if (const auto synced = sync_parent(disk, dir); !synced) return failed(dir, synced.error());
  const auto set_aside = was_set_aside(disk, dir);
  if (!set_aside) return failed(dir, set_aside.error());
  if (*set_aside) identity.initial = {};
  if (auto done = create(disk, dir, identity); !done) return std::unexpected(done.error());
  return identity;
}

std::unexpected<FolderError> refuse_foreign(const std::string& dir, const Identity& found,
                                            const Identity& expected) {
  const auto text = [](const Identity& id) {
    return "node " + std::to_string(id.node.value()) + " of cluster " + std::to_string(id.cluster);
  };
  return refuse(Kind::kForeign, "data folder " + dir + " belongs to " + text(found) +
                                    ", and this is " + text(expected) +
                                    ". Start each node with its own folder, and with the nodes "
                                    "of the cluster that it was made for.");
}

}  // namespace

std::expected<DataFolder, FolderError> DataFolder::open(Disk& disk, const std::string& dir,
                                                        const Identity& identity,
                                                        const raft::Membership& initial) {
  const auto made = make_dirs(disk, dir);
  if (!made) return failed(dir, made.error());
  auto lock = disk.lock(dir + "/lock");
  if (!lock) return failed(dir, lock.error());

  auto found = load_identity(disk, dir);
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    auto created = create_new(disk, dir, {identity, initial});
    if (!created) return std::unexpected(created.error());
    *found = std::move(*created);
  } else if ((*found)->identity != identity) {
    return refuse_foreign(dir, (*found)->identity, identity);
  }
  // Found or made, but its maker may have been killed before the directory was synced.
  if (auto done = disk.sync_dir(dir); !done) return failed(dir, done.error());
  return DataFolder(std::move(*lock), std::move((*found)->initial));
}

std::expected<DataFolder, FolderError> DataFolder::create_filled(Disk& disk, const std::string& dir,
                                                                 const IdentityFile& identity,
                                                                 const Filler& fill) {
  const auto made = make_dirs(disk, dir);
  if (!made) return failed(dir, made.error());
  if (auto empty = expect_empty(disk, dir); !empty) return std::unexpected(empty.error());
  auto lock = disk.lock(dir + "/lock");
  if (!lock) return failed(dir, lock.error());
  if (auto done = sync_parent(disk, dir); !done) return failed(dir, done.error());
  if (auto done = make_parts(disk, dir); !done) return failed(dir, done.error());
  if (auto done = make_first_segment(disk, dir, identity.identity); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = fill(); !done) return std::unexpected(done.error());
  if (auto done = make_identity(disk, dir, identity); !done) return std::unexpected(done.error());
  if (auto done = disk.sync_dir(dir); !done) return failed(dir, done.error());
  return DataFolder(std::move(*lock), identity.initial);
}

std::expected<Identity, FolderError> read_identity(Disk& disk, const std::string& dir) {
  const auto found = load_identity(disk, dir);
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    return refuse(Kind::kNoIdentity, dir + " is not a Holdfast data folder: it has no identity.");
  }
  return (*found)->identity;
}

}  // namespace holdfast::storage
