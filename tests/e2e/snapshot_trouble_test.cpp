// A follower that can't take the snapshot that it needs.
#include <sys/resource.h>

#include <csignal>

#include "base/prng.hpp"
#include "e2e/program.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using namespace std::chrono_literals;
using cli::wait_until;
using testing::HasSubstr;

constexpr std::size_t kValueBytes = 400'000;
constexpr int kKeys = 15;                       // 6 MB of data
constexpr rlim_t kFileBytesMax = 3 << 20;       // less than a snapshot of them takes
constexpr std::uint64_t kTailBytes = 16 << 20;  // of the log, which is always kept
constexpr std::uint64_t kDueBytes = 8'000'000;  // more make a snapshot due, whose log then goes

// A node's disk has no room for a large file. As long as the object lives, what is started has
// this limit, and is told of it by an error instead of a signal.
class SmallFiles {
 public:
  SmallFiles() : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    rlimit small = old_;
    small.rlim_cur = kFileBytesMax;
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

// Two of three nodes serve, with data of which no snapshot fits on the third one's disk.
class SnapshotTrouble : public testing::Test {
 protected:
  SnapshotTrouble() {
    cluster.servers().kill9(3);
    cluster.wait_for_leader();
    write_all(8);
  }

  // Values that can't be compressed, over and over.
  void write_all(int rounds) {
    auto connection = cluster.connect(cluster.wait_for_leader());
    for (int i = 0; i < rounds * kKeys; ++i) {
      std::string value(kValueBytes, '\0');
      for (char& byte : value) byte = static_cast<char>(prng.below(256));
      const std::string key = "k" + std::to_string(i % kKeys);
      ASSERT_EQ(ask(connection, {"SET", key, value}), "OK");
    }
  }
  // Empty also if it does not answer yet.
  std::string trouble_of(int id) {
    const auto status = client::ask_status(cluster.servers().client_address(id));
    return status ? status->text("snapshot_trouble") : "";
  }

  Prng prng{1};
  Servers cluster{{"--snapshot-log-bytes=1048576", "--segment-bytes=1048576"}};
};

TEST_F(SnapshotTrouble, DiskTooSmall_TheOthersGoOnAndItIsToldAndItCatchesUpWithALargerOne) {
  {
    const SmallFiles limit;
    cluster.servers().start(3);
  }
  wait_until("the follower to say so", 60s, [&] { return !trouble_of(3).empty(); });
  const int leader = cluster.wait_for_leader();
  wait_until("the leader to say so", 20s, [&] { return !trouble_of(leader).empty(); });
  EXPECT_THAT(cluster.servers().log_tail(3), HasSubstr("a snapshot could not be received"));
  EXPECT_THAT(trouble_of(leader), HasSubstr("node 3"));

  std::uint64_t log_bytes = 0;
  for (int i = 0; i < 12; ++i) {
    write_all(1);
    log_bytes = std::max(log_bytes, cluster.status(leader).number("log_bytes"));
  }
  // Kills: a log that is kept for a follower that can't take the snapshot, 28 MB of it.
  EXPECT_LT(log_bytes, kTailBytes + kDueBytes);
  EXPECT_TRUE(cluster.servers().is_running(3));

  cluster.servers().kill9(3);
  cluster.servers().start(3);
  cluster.wait_until_equal();
  EXPECT_EQ(trouble_of(3), "");
  EXPECT_EQ(trouble_of(leader), "");
}

}  // namespace
}  // namespace holdfast::e2e
