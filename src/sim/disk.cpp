#include "sim/disk.hpp"

#include <algorithm>

namespace holdfast::sim {

using storage::File;
using storage::IoError;
using storage::IoResult;
using storage::Lock;
using storage::OpenMode;
using storage::parent_dir;

namespace {

constexpr std::size_t kSector = 512;

void write_into(std::string& bytes, std::uint64_t offset, std::string_view data) {
  if (bytes.size() < offset + data.size()) bytes.resize(offset + data.size());
  bytes.replace(offset, data.size(), data);
}

// What a path is when the directory `from` has become `to`.
std::string moved(const std::string& path, const std::string& from, const std::string& to) {
  return path == from || path.starts_with(from + "/") ? to + path.substr(from.size()) : path;
}

}  // namespace

struct VirtualDisk::Inode {
  struct Write {
    std::uint64_t offset;
    std::string bytes;
  };
  std::string bytes;
  std::string durable;
  std::vector<Write> unsynced;

  void write(std::uint64_t offset, std::string_view data) {
    write_into(bytes, offset, data);
    unsynced.push_back({offset, std::string(data)});
  }
  void sync() {
    for (const Write& write : unsynced) write_into(durable, write.offset, write.bytes);
    unsynced.clear();
  }
  // A sector goes to the device whole, and by itself.
  void lose_power(Unsynced kept, Prng& prng) {
    for (const Write& write : unsynced) {
      const std::string_view data = write.bytes;
      for (std::size_t at = 0; at < data.size();) {
        const auto size =
            std::min<std::size_t>(kSector - (write.offset + at) % kSector, data.size() - at);
        const bool stays =
            kept == Unsynced::kKept || (kept == Unsynced::kRandom && prng.below(2) == 0);
        if (stays) write_into(durable, write.offset + at, data.substr(at, size));
        at += size;
      }
    }
    bytes = durable;
    unsynced.clear();
  }
};

struct VirtualDisk::Entry {
  std::string gone;              // this name is not there any more
  std::string name;              // this name is there and means
  std::shared_ptr<Inode> inode;  // this file, or if null a directory
};

class VirtualDisk::OpenFile final : public File {
 public:
  OpenFile(VirtualDisk& disk, std::shared_ptr<Inode> inode, std::string path)
      : disk_(disk), inode_(std::move(inode)), path_(std::move(path)) {}

  IoResult<std::string> read(std::uint64_t offset, std::size_t size) override {
    if (auto ok = disk_.step("read", path_); !ok) return std::unexpected(ok.error());
    return offset >= inode_->bytes.size() ? std::string() : inode_->bytes.substr(offset, size);
  }
  IoResult<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    if (auto ok = disk_.step("write", path_); !ok) {
      inode_->write(offset, bytes.substr(0, bytes.size() / 2));  // any part may have arrived
      return ok;
    }
    inode_->write(offset, bytes);
    return {};
  }
  IoResult<std::uint64_t> size() override {
    if (auto ok = disk_.step("fstat", path_); !ok) return std::unexpected(ok.error());
    return inode_->bytes.size();
  }
  IoResult<void> allocate(std::uint64_t size) override {
    if (auto ok = disk_.step("allocate", path_); !ok) return ok;
    const auto more = size - std::min<std::uint64_t>(size, inode_->bytes.size());
    if (more > disk_.space_ - std::min(disk_.space_, disk_.reserved())) {
      return disk_.error(IoError::Kind::kNoSpace, "allocate", path_);
    }
    if (more > 0) inode_->write(inode_->bytes.size(), std::string(more, '\0'));
    return {};
  }
  IoResult<void> sync() override {
    if (auto ok = disk_.step("fdatasync", path_); !ok) {
      // What a real one does: the pages count as clean and may never have been written.
      if (disk_.operations_ < disk_.off_at_) inode_->unsynced.clear();
      return ok;
    }
    inode_->sync();
    return {};
  }

 private:
  VirtualDisk& disk_;
  std::shared_ptr<Inode> inode_;
  std::string path_;
};

class VirtualDisk::HeldLock final : public Lock {
 public:
  HeldLock(std::shared_ptr<std::set<std::string>> locks, std::string path)
      : locks_(std::move(locks)), path_(std::move(path)) {}
  ~HeldLock() override { locks_->erase(path_); }

 private:
  std::shared_ptr<std::set<std::string>> locks_;
  std::string path_;
};

VirtualDisk::VirtualDisk()
    : dirs_({"/"}), durable_dirs_({"/"}), locks_(std::make_shared<std::set<std::string>>()) {}

VirtualDisk::~VirtualDisk() = default;
VirtualDisk& VirtualDisk::operator=(VirtualDisk&& other) noexcept = default;

void VirtualDisk::fail_operation(std::uint64_t n, IoError::Kind kind) {
  fail_at_ = {operations_ + n, kind};
}

void VirtualDisk::fail_next(const std::string& operation, IoError::Kind kind) {
  fail_next_[operation] = kind;
}

void VirtualDisk::power_off_at(std::uint64_t n) {
  off_at_ = operations_ + n;
}

void VirtualDisk::power_on(Unsynced unsynced, Prng& prng) {
  for (auto& [dir, entries] : unsynced_) {
    for (const auto& entry : entries) {
      if (unsynced == Unsynced::kLost) continue;
      if (unsynced == Unsynced::kRandom && prng.below(2) == 0) continue;
      make_durable(entry);
    }
  }
  unsynced_.clear();
  // Nothing is left in a directory that is not there.
  std::erase_if(durable_dirs_,
                [&](const auto& dir) { return !durable_dirs_.contains(parent_dir(dir)); });
  std::erase_if(durable_files_,
                [&](const auto& file) { return !durable_dirs_.contains(parent_dir(file.first)); });
  for (auto& [path, inode] : durable_files_) inode->lose_power(unsynced, prng);
  files_ = durable_files_;
  dirs_ = durable_dirs_;
  kill_process();
}

void VirtualDisk::kill_process() {
  locks_ = std::make_shared<std::set<std::string>>();
  clear_faults();
}

void VirtualDisk::clear_faults() {
  off_at_ = UINT64_MAX;
  fail_at_.reset();
  fail_next_.clear();
}

std::string VirtualDisk::contents(const std::string& path) const {
  return files_.at(path)->bytes;
}

void VirtualDisk::set_contents(const std::string& path, std::string bytes) {
  auto inode = std::make_shared<Inode>();
  inode->bytes = inode->durable = std::move(bytes);
  files_[path] = durable_files_[path] = inode;
}

void VirtualDisk::flip_bit(const std::string& path, std::uint64_t bit) {
  auto& inode = *files_.at(path);
  const auto mask = static_cast<char>(1 << (bit % 8));
  inode.bytes.at(bit / 8) ^= mask;
  if (bit / 8 < inode.durable.size()) inode.durable[bit / 8] ^= mask;
}

void VirtualDisk::erase(const std::string& path) {
  files_.erase(path);
  durable_files_.erase(path);
}

void VirtualDisk::erase_dir(const std::string& path) {
  const auto inside = [&](const auto& file) { return file.first.starts_with(path + "/"); };
  std::erase_if(files_, inside);
  std::erase_if(durable_files_, inside);
  dirs_.erase(path);
  durable_dirs_.erase(path);
}

std::vector<std::string> VirtualDisk::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, inode] : files_) paths.push_back(path);
  return paths;
}

std::unique_ptr<VirtualDisk> VirtualDisk::clone() const {
  auto copy = std::make_unique<VirtualDisk>();
  copy->dirs_ = copy->durable_dirs_ = dirs_;
  for (const auto& [path, inode] : files_) copy->set_contents(path, inode->bytes);
  return copy;
}

std::uint64_t VirtualDisk::count(const std::string& operation) const {
  const auto found = counts_.find(operation);
  return found == counts_.end() ? 0 : found->second;
}

std::uint64_t VirtualDisk::changes() const {
  return operations_ - count("open") - count("read") - count("fstat") - count("list");
}

IoResult<std::unique_ptr<File>> VirtualDisk::open(const std::string& path, OpenMode mode) {
  const bool creating = mode == OpenMode::kCreate;
  if (auto ok = step(creating ? "create" : "open", path); !ok) return std::unexpected(ok.error());
  auto found = files_.find(path);
  if (found == files_.end()) {
    if (!creating || !dirs_.contains(parent_dir(path))) {
      return error(IoError::Kind::kNotFound, "open", path);
    }
    found = files_.emplace(path, std::make_shared<Inode>()).first;
    change(parent_dir(path), {"", path, found->second});
  } else if (creating) {
    // Emptied. What was durable of it may come back; a new inode is simple and as bad.
    found->second = std::make_shared<Inode>();
    change(parent_dir(path), {"", path, found->second});
  }
  return std::make_unique<OpenFile>(*this, found->second, path);
}

IoResult<void> VirtualDisk::rename(const std::string& from, const std::string& to) {
  if (auto ok = step("rename", from); !ok) return ok;
  if (dirs_.contains(from)) return rename_dir(from, to);
  const auto found = files_.find(from);
  if (found == files_.end()) return error(IoError::Kind::kNotFound, "rename", from);
  const auto inode = found->second;
  files_.erase(found);
  files_[to] = inode;
  change(parent_dir(to), {from, to, inode});
  return {};
}

IoResult<void> VirtualDisk::rename_dir(const std::string& from, const std::string& to) {
  if (dirs_.contains(to) || files_.contains(to)) {
    return error(IoError::Kind::kExists, "rename", from);
  }
  if (!dirs_.contains(parent_dir(to))) return error(IoError::Kind::kNotFound, "rename", from);
  move_tree(files_, dirs_, from, to);
  decltype(unsynced_) unsynced;
  for (auto& [dir, entries] : unsynced_) {
    const std::string new_dir = moved(dir, from, to);
    for (Entry& entry : entries) {
      if (new_dir == dir) break;
      entry.gone = moved(entry.gone, from, to);
      entry.name = moved(entry.name, from, to);
    }
    unsynced.emplace(new_dir, std::move(entries));
  }
  unsynced_ = std::move(unsynced);
  change(parent_dir(to), {from, to, nullptr});
  return {};
}

// A directory, with all that is in it.
void VirtualDisk::move_tree(Files& files, Dirs& dirs, const std::string& from,
                            const std::string& to) {
  Files moved_files;
  for (const auto& [path, inode] : files) moved_files[moved(path, from, to)] = inode;
  files = std::move(moved_files);
  Dirs moved_dirs;
  for (const std::string& path : dirs) moved_dirs.insert(moved(path, from, to));
  dirs = std::move(moved_dirs);
}

IoResult<void> VirtualDisk::remove(const std::string& path) {
  if (auto ok = step("remove", path); !ok) return ok;
  if (files_.erase(path) == 0) return error(IoError::Kind::kNotFound, "remove", path);
  change(parent_dir(path), {path, "", nullptr});
  return {};
}

IoResult<std::vector<std::string>> VirtualDisk::list(const std::string& dir) {
  if (auto ok = step("list", dir); !ok) return std::unexpected(ok.error());
  if (!dirs_.contains(dir)) return error(IoError::Kind::kNotFound, "list", dir);
  std::vector<std::string> names;
  const auto add = [&](const std::string& path) {
    if (path != "/" && parent_dir(path) == dir) names.push_back(path.substr(path.rfind('/') + 1));
  };
  for (const auto& [path, inode] : files_) add(path);
  for (const auto& path : dirs_) add(path);
  std::ranges::sort(names);
  return names;
}

IoResult<void> VirtualDisk::make_dir(const std::string& path) {
  if (auto ok = step("create directory", path); !ok) return ok;
  if (!dirs_.contains(parent_dir(path))) {
    return error(IoError::Kind::kNotFound, "create directory", path);
  }
  if (files_.contains(path) || !dirs_.insert(path).second) {
    return error(IoError::Kind::kExists, "create directory", path);
  }
  change(parent_dir(path), {"", path, nullptr});
  return {};
}

IoResult<void> VirtualDisk::sync_dir(const std::string& dir) {
  if (auto ok = step("sync directory", dir); !ok) return ok;
  for (const auto& entry : unsynced_[dir]) {
    make_durable(entry);
  }
  unsynced_.erase(dir);
  return {};
}

IoResult<std::unique_ptr<Lock>> VirtualDisk::lock(const std::string& path) {
  if (auto ok = step("lock", path); !ok) return std::unexpected(ok.error());
  if (!locks_->insert(path).second) {
    return std::unexpected(IoError{IoError::Kind::kLocked, path, "lock", "held by process 4711"});
  }
  return std::make_unique<HeldLock>(locks_, path);
}

IoResult<void> VirtualDisk::step(const std::string& operation, const std::string& path) {
  ++operations_;
  ++counts_[operation];
  if (operations_ >= off_at_) return error(IoError::Kind::kIo, operation, path);
  if (fail_at_ && fail_at_->first == operations_) {
    const auto kind = fail_at_->second;
    fail_at_.reset();
    return error(kind, operation, path);
  }
  if (const auto found = fail_next_.find(operation); found != fail_next_.end()) {
    const auto kind = found->second;
    fail_next_.erase(found);
    return error(kind, operation, path);
  }
  return {};
}

std::unexpected<IoError> VirtualDisk::error(IoError::Kind kind, const std::string& operation,
                                            const std::string& path) const {
  return std::unexpected(IoError{kind, path, operation, "as told by the test"});
}

void VirtualDisk::change(const std::string& dir, Entry entry) {
  unsynced_[dir].push_back(std::move(entry));
}

void VirtualDisk::make_durable(const Entry& entry) {
  if (!entry.inode && durable_dirs_.contains(entry.gone)) {
    move_tree(durable_files_, durable_dirs_, entry.gone, entry.name);
  }
  durable_files_.erase(entry.gone);
  if (entry.name.empty()) return;
  if (entry.inode) {
    durable_files_[entry.name] = entry.inode;
  } else {
    durable_dirs_.insert(entry.name);
  }
}

std::uint64_t VirtualDisk::reserved() const {
  std::uint64_t sum = 0;
  for (const auto& [path, inode] : files_) sum += inode->bytes.size();
  return sum;
}

}  // namespace holdfast::sim
