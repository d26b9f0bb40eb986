// What it takes to make a group of the log durable, by the ways that Linux has for it. Each thread
// writes to a file of its own, as nodes that share a disk do. The files are made in the folder
// that TMPDIR names, /tmp without it; their room has been written before, as the log's has.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <liburing.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kFileBytes = 16 << 20;
constexpr std::size_t kBlock = 4096;

// A file whose writes go on from each other, and begin anew at its end.
class Log {
 public:
  Log(benchmark::State& state, int flags) : bytes_(static_cast<std::size_t>(state.range(0))) {
    name_ = (std::filesystem::temp_directory_path() / "holdfast-sync-XXXXXX").string();
    ::close(::mkstemp(name_.data()));
    fd_ = ::open(name_.c_str(), O_RDWR | O_CLOEXEC);
    const std::string zeros(kFileBytes, '\0');
    const bool filled = ::write(fd_, zeros.data(), zeros.size()) == kFileBytes && ::fsync(fd_) == 0;
    ::close(fd_);
    fd_ = ::open(name_.c_str(), O_RDWR | O_CLOEXEC | flags);
    if (!filled || fd_ < 0) state.SkipWithError("the file system refuses this");
    // Direct writes are of whole blocks.
    if ((flags & O_DIRECT) != 0) bytes_ = (bytes_ + kBlock - 1) / kBlock * kBlock;
    group_.reset(static_cast<char*>(std::aligned_alloc(kBlock, (bytes_ / kBlock + 1) * kBlock)));
    std::fill_n(group_.get(), bytes_, 'x');
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log() {
    ::close(fd_);
    ::unlink(name_.c_str());
  }

  int fd() const { return fd_; }
  std::string_view group() const { return {group_.get(), bytes_}; }
  off_t next() {
    if (at_ + 2 * bytes_ > kFileBytes) at_ = 0;
    return static_cast<off_t>(std::exchange(at_, at_ + bytes_));
  }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::string name_;
  int fd_ = -1;
  std::size_t bytes_;
  std::size_t at_ = 0;
  std::unique_ptr<char, Free> group_;
};

void write_and_sync(benchmark::State& state, int flags) {
  Log log(state, flags);
  for (auto _ : state) {
    const auto written = ::pwrite(log.fd(), log.group().data(), log.group().size(), log.next());
    if (written < 0 || ((flags & O_DSYNC) == 0 && ::fdatasync(log.fd()) != 0)) {
      return state.SkipWithError("the disk failed");
    }
  }
}

void write_synced(benchmark::State& state) {
  Log log(state, 0);
  for (auto _ : state) {
    const iovec group{const_cast<char*>(log.group().data()), log.group().size()};
    if (::pwritev2(log.fd(), &group, 1, log.next(), RWF_DSYNC) < 0) {
      return state.SkipWithError("the disk failed");
    }
  }
}

// A write and the fdatasync behind it, handed to the kernel at once.
void write_and_sync_by_ring(benchmark::State& state) {
  Log log(state, 0);
  io_uring ring;
  if (::io_uring_queue_init(2, &ring, 0) != 0) return state.SkipWithError("there is no io_uring");
  for (auto _ : state) {
    io_uring_sqe* write = ::io_uring_get_sqe(&ring);
    ::io_uring_prep_write(write, log.fd(), log.group().data(),
                          static_cast<unsigned>(log.group().size()),
                          static_cast<std::uint64_t>(log.next()));
    ::io_uring_sqe_set_flags(write, IOSQE_IO_LINK);
    ::io_uring_prep_fsync(::io_uring_get_sqe(&ring), log.fd(), IORING_FSYNC_DATASYNC);
    ::io_uring_submit_and_wait(&ring, 2);
    io_uring_cqe* done = nullptr;
    bool failed = false;
    for (int i = 0; i < 2 && ::io_uring_peek_cqe(&ring, &done) == 0; ++i) {
      failed = failed || done->res < 0;
      ::io_uring_cqe_seen(&ring, done);
    }
    if (failed) {
      state.SkipWithError("the disk failed");
      break;
    }
  }
  ::io_uring_queue_exit(&ring);
}

void groups(benchmark::internal::Benchmark* bench) {
  bench->Arg(200)->Arg(3300)->Arg(64 << 10)->Threads(1)->Threads(3)->UseRealTime()->Unit(
      benchmark::kMicrosecond);
}

BENCHMARK_CAPTURE(write_and_sync, fdatasync, 0)->Apply(groups);
BENCHMARK_CAPTURE(write_and_sync, o_dsync, O_DSYNC)->Apply(groups);
BENCHMARK_CAPTURE(write_and_sync, o_direct_fdatasync, O_DIRECT)->Apply(groups);
BENCHMARK_CAPTURE(write_and_sync, o_direct_o_dsync, O_DIRECT | O_DSYNC)->Apply(groups);
BENCHMARK(write_synced)->Apply(groups);
BENCHMARK(write_and_sync_by_ring)->Apply(groups);

}  // namespace

BENCHMARK_MAIN();
