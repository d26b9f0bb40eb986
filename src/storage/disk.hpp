#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::storage {

// What the operating system refused, in words that an operator can act on.
struct IoError {
  enum class Kind : std::uint8_t {
    kNoSpace,     // the device or a quota is full: may pass
    kIo,          // the device failed
    kPermission,  // also: a read-only file system
    kExists,
    kNotFound,
    kLocked,  // another process holds the lock; detail names it
    kOther,
  };

  Kind kind = Kind::kOther;
  std::string path;
  std::string operation;  // "write", "fdatasync", …
  std::string detail;     // the system's text

  std::string message() const;
};

template <class T>
using IoResult = std::expected<T, IoError>;

// An open file. Closed by the destructor, which syncs nothing.
class File {
 public:
  virtual ~File() = default;

  // Up to `size` bytes; fewer only at the end of the file.
  [[nodiscard]] virtual IoResult<std::string> read(std::uint64_t offset, std::size_t size) = 0;
  // All of `bytes`, or an error and then any part of them.
  [[nodiscard]] virtual IoResult<void> write_at(std::uint64_t offset, std::string_view bytes) = 0;
  [[nodiscard]] virtual IoResult<std::uint64_t> size() = 0;
  // Reserves room for `size` bytes and makes the file at least that long; new bytes are zeros.
  [[nodiscard]] virtual IoResult<void> allocate(std::uint64_t size) = 0;
  // What was written and allocated survives a power loss, the file's name in its directory
  // perhaps not. After an error nobody knows what is on the device, and a second call would not
  // tell: an error is final.
  [[nodiscard]] virtual IoResult<void> sync() = 0;
};

// Held until destroyed, or until the process ends in whatever way.
class Lock {
 public:
  virtual ~Lock() = default;
};

enum class OpenMode : std::uint8_t {
  kRead,    // must exist
  kWrite,   // reads and writes; must exist
  kCreate,  // reads and writes; made new, or emptied
};

// The port to a file system: what the log needs and no more. One thread at a time.
class Disk {
 public:
  virtual ~Disk() = default;

  [[nodiscard]] virtual IoResult<std::unique_ptr<File>> open(const std::string& path,
                                                             OpenMode mode) = 0;
  // In one step. A file replaces the file `to`, if there is one; a directory moves with all that is
  // in it, and its new place is durable when the directory that holds that is synced.
  [[nodiscard]] virtual IoResult<void> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual IoResult<void> remove(const std::string& path) = 0;
  // As remove(); a file system may get a large file's room back little by little.
  [[nodiscard]] virtual IoResult<void> remove_gently(const std::string& path) {
    return remove(path);
  }
  // Names of files and directories in `dir`, sorted.
  [[nodiscard]] virtual IoResult<std::vector<std::string>> list(const std::string& dir) = 0;
  // kExists if there is anything of that name.
  [[nodiscard]] virtual IoResult<void> make_dir(const std::string& path) = 0;
  // Creations, renames and removals in `dir` survive a power loss.
  [[nodiscard]] virtual IoResult<void> sync_dir(const std::string& dir) = 0;
  // Makes the file if need be; kLocked if someone else holds it.
  [[nodiscard]] virtual IoResult<std::unique_ptr<Lock>> lock(const std::string& path) = 0;
};

// The directory that holds `path`: "." for a bare name.
std::string parent_dir(const std::string& path);

// A file that exists whole or not at all, whenever power fails: written under a temporary name,
// synced, renamed, its directory synced. `file_bytes` above the size of `bytes`: the rest is
// zeros, with room reserved. Returns the open file.
[[nodiscard]] IoResult<std::unique_ptr<File>> create_durably(Disk& disk, const std::string& path,
                                                             std::string_view bytes,
                                                             std::uint64_t file_bytes = 0);
inline constexpr std::string_view kTemporarySuffix = ".tmp";

}  // namespace holdfast::storage
