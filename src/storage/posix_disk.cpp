#include "storage/posix_disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "storage/descriptor.hpp"

namespace holdfast::storage {
namespace {

constexpr std::uint64_t kGivenBackAtOnce = 4 << 20;  // by a removed file

IoError::Kind kind_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return IoError::Kind::kNoSpace;
    case EIO:
      return IoError::Kind::kIo;
    case EACCES:
    case EPERM:
    case EROFS:
      return IoError::Kind::kPermission;
    case EEXIST:
      return IoError::Kind::kExists;
    case ENOENT:
      return IoError::Kind::kNotFound;
    default:
      return IoError::Kind::kOther;
  }
}

std::unexpected<IoError> failed(int error, const std::string& path, const char* operation) {
  return std::unexpected(
      IoError{kind_of(error), path, operation, std::generic_category().message(error)});
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  IoResult<std::string> read(std::uint64_t offset, std::size_t size) override {
    auto end = this->size();
    if (!end) return std::unexpected(end.error());
    // The room is bounded by the file, whatever size was asked for.
    size =
        static_cast<std::size_t>(std::min<std::uint64_t>(size, *end > offset ? *end - offset : 0));
    std::string bytes;
    int error = 0;
    bytes.resize_and_overwrite(size, [&](char* to, std::size_t) {
      std::size_t done = 0;
      while (done < size) {
        const auto n = ::pread(fd_.get(), to + done, size - done, as_off(offset + done));
        if (n == 0) break;
        if (n > 0) {
          done += static_cast<std::size_t>(n);
        } else if (errno != EINTR) {
          error = errno;
          break;
        }
      }
      return done;
    });
    if (error != 0) return failed(error, path_, "read");
    return bytes;
  }

  IoResult<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), as_off(offset));
      if (n >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
      } else if (errno != EINTR) {
        return failed(errno, path_, "write");
      }
    }
    return {};
  }

  IoResult<std::uint64_t> size() override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) return failed(errno, path_, "fstat");
    return static_cast<std::uint64_t>(status.st_size);
  }

  IoResult<void> allocate(std::uint64_t size) override {
    int error = 0;
    do {
      error = ::posix_fallocate(fd_.get(), 0, as_off(size));
    } while (error == EINTR);
    if (error != 0) return failed(error, path_, "allocate");
    return {};
  }

  IoResult<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return failed(errno, path_, "fdatasync");
    return {};
  }

 private:
  static off_t as_off(std::uint64_t offset) { return static_cast<off_t>(offset); }

  Descriptor fd_;
  std::string path_;
};

class PosixLock final : public Lock {
 public:
  explicit PosixLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;
};

// The holder writes its process id into the lock file, for the one who is turned away.
std::string holder_of(int fd) {
  char text[32];
  const auto n = ::pread(fd, text, sizeof(text), 0);
  std::string_view pid(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  pid = pid.substr(0, pid.find('\n'));
  const bool number =
      !pid.empty() && std::ranges::all_of(pid, [](char c) { return c >= '0' && c <= '9'; });
  return number ? "held by process " + std::string(pid) : "held by another process";
}

void write_holder(int fd) {
  // Only for the text of an error: a failure does no harm.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) == 0) (void)!::pwrite(fd, pid.data(), pid.size(), 0);
}

}  // namespace

IoResult<std::unique_ptr<File>> PosixDisk::open(const std::string& path, OpenMode mode) {
  int flags = O_CLOEXEC;
  switch (mode) {
    case OpenMode::kRead:
      flags |= O_RDONLY;
      break;
    case OpenMode::kWrite:
      flags |= O_RDWR;
      break;
    case OpenMode::kCreate:
      flags |= O_RDWR | O_CREAT | O_TRUNC;
      break;
  }
  Descriptor fd(::open(path.c_str(), flags, 0600));
  if (!fd.ok()) return failed(errno, path, "open");
  return std::make_unique<PosixFile>(std::move(fd), path);
}

IoResult<void> PosixDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed(errno, from, "rename");
  return {};
}

IoResult<void> PosixDisk::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failed(errno, path, "remove");
  return {};
}

IoResult<void> PosixDisk::remove_gently(const std::string& path) {
  // For its size: a file that can't be opened is removed like any other.
  Descriptor file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (auto done = remove(path); !done) return done;
  struct stat left {};
  if (!file.ok() || ::fstat(file.get(), &left) != 0) return {};
  // Under another name it is someone else's.
  const bool is_gone = S_ISREG(left.st_mode) && left.st_nlink == 0;
  const auto bytes = static_cast<std::uint64_t>(left.st_size);
  if (is_gone && bytes > kGivenBackAtOnce) reclaimer_.give(std::move(file), bytes);
  return {};
}

IoResult<std::vector<std::string>> PosixDisk::list(const std::string& dir) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(dir.c_str()), ::closedir);
  if (!stream) return failed(errno, dir, "list");
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return failed(errno, dir, "list");
  std::ranges::sort(names);
  return names;
}

IoResult<void> PosixDisk::make_dir(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0) return failed(errno, path, "create directory");
  return {};
}

IoResult<void> PosixDisk::sync_dir(const std::string& dir) {
  const Descriptor fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return failed(errno, dir, "open");
  if (::fsync(fd.get()) != 0) return failed(errno, dir, "fsync");
  return {};
}

IoResult<std::unique_ptr<Lock>> PosixDisk::lock(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.ok()) return failed(errno, path, "open");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed(errno, path, "lock");
    return std::unexpected(IoError{IoError::Kind::kLocked, path, "lock", holder_of(fd.get())});
  }
  write_holder(fd.get());
  return std::make_unique<PosixLock>(std::move(fd));
}

}  // namespace holdfast::storage
