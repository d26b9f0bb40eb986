// Loaded into a program before all others (LD_PRELOAD), counts what it does in user space and what
// it writes to its log, thread by thread, where another process can read it: in the file that
// HOLDFAST_COUNTS and the process's id name. scripts/bench does (bench/compare/systems.py).
//
// Not seen: what libraries allocate and copy by themselves, such as copies within glibc, and copies
// that the compiler made instructions of, as it does where it knows a small size.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

// glibc's own names for what is replaced here.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

using Counter = std::atomic<std::uint64_t>;

// As the reader knows it.
struct alignas(64) Counts {
  Counter allocations, bytes_copied, bytes_logged, log_syncs;
};

// Threads beyond that share, which costs time and no count.
constexpr std::size_t kThreads = 64;
using Table = std::array<Counts, kThreads>;

// What happens before there is a file is not counted.
Table before;
constinit std::atomic<Table*> table{&before};
constinit std::atomic<std::size_t> threads{0};

// Their access must not allocate.
#define THREAD_LOCAL [[gnu::tls_model("initial-exec")]] constinit thread_local
THREAD_LOCAL std::size_t number = kThreads;
THREAD_LOCAL std::uint64_t unsynced = 0;

Counts& mine() {
  if (number == kThreads) number = threads.fetch_add(1) % kThreads;
  return (*table.load(std::memory_order_relaxed))[number];
}

void add(Counter& counter, std::uint64_t count) {
  counter.fetch_add(count, std::memory_order_relaxed);
}

void* allocated(void* memory) {
  add(mine().allocations, 1);
  return memory;
}

// The function that is replaced.
template <class Function>
class Next {
 public:
  constexpr explicit Next(const char* name) : name_(name) {}

  template <class... Args>
  auto operator()(Args... args) {
    Function* function = found_.load(std::memory_order_relaxed);
    if (function == nullptr) {
      function = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name_));
      found_.store(function, std::memory_order_relaxed);
    }
    return function(args...);
  }

 private:
  const char* name_;
  std::atomic<Function*> found_{nullptr};
};

using Copy = void*(void*, const void*, std::size_t);
constinit Next<Copy> next_memcpy("memcpy"), next_memmove("memmove");
constinit Next<ssize_t(int, const void*, std::size_t, off_t)> next_pwrite("pwrite");
constinit Next<int(int)> next_fdatasync("fdatasync");

bool is_log(int file) {
  std::array<char, 32> link;  // a string would allocate, which is counted
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
  std::array<char, 4096> path;
  const auto size = ::readlink(link.data(), path.data(), path.size());
  return size > 0 &&
         std::string_view(path.data(), static_cast<std::size_t>(size)).contains("/log/");
}

[[gnu::constructor]] void open_table() {
  const char* prefix = std::getenv("HOLDFAST_COUNTS");
  if (prefix == nullptr) return;
  const std::string name = std::string(prefix) + "." + std::to_string(::getpid());
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::ftruncate(file, sizeof(Table)) != 0) std::abort();
  void* memory = ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) std::abort();
  ::close(file);
  table = static_cast<Table*>(memory);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) noexcept {
  return allocated(__libc_malloc(size));
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  return allocated(__libc_calloc(count, size));
}
void* realloc(void* memory, std::size_t size) noexcept {
  return allocated(__libc_realloc(memory, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return allocated(__libc_memalign(alignment, size));
}

void* memcpy(void* to, const void* from, std::size_t size) noexcept {
  add(mine().bytes_copied, size);
  return next_memcpy(to, from, size);
}
void* memmove(void* to, const void* from, std::size_t size) noexcept {
  add(mine().bytes_copied, size);
  return next_memmove(to, from, size);
}

ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t offset) {
  const ssize_t written = next_pwrite(file, bytes, size, offset);
  if (written > 0) unsynced += static_cast<std::uint64_t>(written);
  return written;
}

int fdatasync(int file) {
  if (is_log(file)) {
    add(mine().bytes_logged, unsynced);
    add(mine().log_syncs, 1);
  }
  unsynced = 0;
  return next_fdatasync(file);
}

}  // extern "C"
