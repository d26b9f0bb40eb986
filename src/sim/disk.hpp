#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.hpp"
#include "storage/disk.hpp"

namespace holdfast::sim {

// A disk in memory that fails when it is told to, and that forgets at a power loss whatever was
// not synced: any subset of the 512-byte sectors written, any subset of the directory entries.
class VirtualDisk final : public storage::Disk {
 public:
  using ErrorKind = storage::IoError::Kind;

  VirtualDisk();
  ~VirtualDisk() override;
  VirtualDisk& operator=(VirtualDisk&& other) noexcept;  // both of them not in use

  // Faults. Every call of the port counts as one operation, from 1.
  std::uint64_t operations() const { return operations_; }
  // The n-th operation from now fails, once.
  void fail_operation(std::uint64_t n, ErrorKind kind);
  // The next operation of this name fails, once: "write", "fdatasync", "allocate" …
  void fail_next(const std::string& operation, ErrorKind kind);
  // From the n-th operation from now on everything fails: the power is off. power_on() follows.
  void power_off_at(std::uint64_t n);
  // What was to fail does not.
  void clear_faults();
  // Allocations may reserve this much in all.
  void set_space(std::uint64_t bytes) { space_ = bytes; }

  // After a power loss. Of what was not synced, nothing, all or a random part is there.
  enum class Unsynced : std::uint8_t { kLost, kKept, kRandom };
  void power_on(Unsynced unsynced, Prng& prng);
  // The process was killed, the system not: locks go, and everything written stays.
  void kill_process();

  // The files, behind the port's back.
  std::string contents(const std::string& path) const;
  void set_contents(const std::string& path, std::string bytes);
  void flip_bit(const std::string& path, std::uint64_t bit);
  void erase(const std::string& path);
  void erase_dir(const std::string& path);
  bool exists(const std::string& path) const { return files_.contains(path); }
  std::vector<std::string> paths() const;
  // A copy whose every byte is durable.
  std::unique_ptr<VirtualDisk> clone() const;

  std::uint64_t count(const std::string& operation) const;  // how often it was called
  std::uint64_t changes() const;                            // operations that could change anything

  storage::IoResult<std::unique_ptr<storage::File>> open(const std::string& path,
                                                         storage::OpenMode mode) override;
  storage::IoResult<void> rename(const std::string& from, const std::string& to) override;
  storage::IoResult<void> remove(const std::string& path) override;
  storage::IoResult<std::vector<std::string>> list(const std::string& dir) override;
  storage::IoResult<void> make_dir(const std::string& path) override;
  storage::IoResult<void> sync_dir(const std::string& dir) override;
  storage::IoResult<std::unique_ptr<storage::Lock>> lock(const std::string& path) override;

 private:
  struct Inode;
  struct Entry;  // a change of a directory, not yet synced
  class OpenFile;
  class HeldLock;

  storage::IoResult<void> step(const std::string& operation, const std::string& path);
  std::unexpected<storage::IoError> error(ErrorKind kind, const std::string& operation,
                                          const std::string& path) const;
  storage::IoResult<void> rename_dir(const std::string& from, const std::string& to);
  void change(const std::string& dir, Entry entry);
  void make_durable(const Entry& entry);
  std::uint64_t reserved() const;

  using Files = std::map<std::string, std::shared_ptr<Inode>>;
  using Dirs = std::set<std::string>;
  static void move_tree(Files& files, Dirs& dirs, const std::string& from, const std::string& to);

  Files files_;
  Files durable_files_;
  Dirs dirs_;
  Dirs durable_dirs_;
  std::map<std::string, std::vector<Entry>> unsynced_;  // by directory
  std::shared_ptr<std::set<std::string>> locks_;
  std::map<std::string, std::uint64_t> counts_;
  std::map<std::string, ErrorKind> fail_next_;
  std::uint64_t operations_ = 0;
  std::optional<std::pair<std::uint64_t, ErrorKind>> fail_at_;
  std::uint64_t off_at_ = UINT64_MAX;
  std::uint64_t space_ = UINT64_MAX;
};

}  // namespace holdfast::sim
