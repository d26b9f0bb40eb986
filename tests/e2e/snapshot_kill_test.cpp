// kill -9 while a snapshot is written and the log before it is dropped. (That each single step of
// it may be the last one is shown on a virtual disk: CompactionCrash, SnapshotCrash.)
#include <unistd.h>

#include "base/prng.hpp"
#include "e2e/program.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

constexpr std::size_t kOverwrittenBytes = 400'000;
constexpr std::size_t kOverwrittenKeys = 20;
constexpr int kKills = 20;

// One node alone: what its disk does not have nobody has.
class SnapshotKill : public testing::Test {
 protected:
  // Overwrites keys until the node makes a snapshot.
  void write_until_one_is_made() {
    auto connection = cluster.connect(1);
    for (int writes = 0; writes < 200; ++writes) {
      std::string value(kOverwrittenBytes, '\0');
      for (char& byte : value) byte = static_cast<char>(prng.below(256));
      const std::string key = "k" + std::to_string(prng.below(kOverwrittenKeys));
      ASSERT_EQ(ask(connection, {"SET", key, value}), "OK");
      acknowledged[key] = std::move(value);
      if (cluster.status(1).number("making_snapshot") != 0) return;
    }
    FAIL() << "no snapshot was made";
  }
  void expect_all_there() {
    auto connection = cluster.connect(1);
    for (const auto& [key, value] : acknowledged) {
      EXPECT_TRUE(ask(connection, {"GET", key}) == value) << key;
    }
  }
  int files(const std::string& suffix) {
    int count = 0;
    for (const auto& file : fs::directory_iterator(cluster.servers().data_folder(1) / "snapshot")) {
      count += file.path().string().ends_with(suffix) ? 1 : 0;
    }
    return count;
  }

  Prng prng{1};
  std::map<std::string, std::string> acknowledged;
  Servers cluster{{"--snapshot-log-bytes=1048576", "--segment-bytes=1048576"}, 1};
};

TEST_F(SnapshotKill, WhileOneIsMade_StartsWithAllThatWasAcknowledged) {
  int unfinished = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    write_until_one_is_made();
    ::usleep(static_cast<useconds_t>(kill * 1000));
    cluster.servers().kill9(1);
    unfinished += files(".tmp");
    cluster.start();
    expect_all_there();
  }
  EXPECT_GT(unfinished, 0) << "no kill came in the middle";
  // One that a kill left behind goes with the next one that is made.
  EXPECT_EQ(cluster.ask(1, {"RAFT", "SNAPSHOT"}), "OK");
  cli::wait_until("the last two alone", std::chrono::seconds(20),
                  [&] { return files(".snap") == 2 && files(".tmp") == 0; });
}

}  // namespace
}  // namespace holdfast::e2e
