// Copies of a running cluster, and new clusters that begin with one.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>
#include <fstream>
#include <thread>

#include "e2e/program.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// As --cluster takes it.
std::string members_of(cli::LocalCluster& cluster) {
  std::string text;
  for (int id = 1; id <= cluster.servers().count(); ++id) {
    text += (id == 1 ? "" : ",") + std::to_string(id) + "=" +
            cluster.servers().peer_address(id).to_string();
  }
  return text;
}

std::string restore_args(cli::LocalCluster& cluster, int id, const std::string& file) {
  return "restore " + file + " --id " + std::to_string(id) + " --data " +
         cluster.servers().data_folder(id).string() + " --cluster " + members_of(cluster);
}

// Kills the program after a while, unless it has ended by then. True: it was killed.
bool run_and_kill(const std::string& args, std::chrono::milliseconds after) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string command = "exec " HOLDFAST_BINARY " " + args + " >/dev/null 2>&1";
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  std::this_thread::sleep_for(after);
  ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
  return WIFSIGNALED(status);
}

class Backup : public TemporaryFolder {
 protected:
  // A cluster of one with some megabytes that zstd can't make much smaller.
  static void fill(Servers& cluster, int keys) {
    auto connection = cluster.connect(1);
    std::string value;
    for (std::uint64_t i = 0, x = 1; i < 40'000; ++i) {
      x = x * 6364136223846793005 + 1442695040888963407;
      value += static_cast<char>(x >> 56);
    }
    for (int i = 0; i < keys; ++i) {
      ASSERT_EQ(ask(connection, {"SET", "k" + std::to_string(i), value + std::to_string(i)}), "OK");
    }
  }

  std::string copy = path("copy");
};

TEST_F(Backup, UnderLoad_NewClusterHasAllThatWasAcknowledgedBefore) {
  Servers cluster;
  Appenders appenders(cluster.servers().endpoints(), 4);
  cli::wait_until("some appends", 30s, [&] { return appenders.acknowledged() > 100; });
  auto connection = cluster.connect(cluster.leader_at_start);
  const std::string session = ask(connection, {"SESSION", "OPEN"});
  ASSERT_EQ(ask(connection, {"ONCE", session, "1", "INCR", "visits"}), "1");
  auto clerk = cluster.clerk();
  ASSERT_TRUE(clerk.put("last", "before the backup"));
  const int before = appenders.acknowledged();

  const Address leader = cluster.servers().client_address(cluster.leader_at_start);
  const Ended backup = run("backup " + copy + " --endpoints " + leader.to_string());
  expect_end(backup, 0, "a follower");  // of which the leader knows
  EXPECT_FALSE(fs::exists(copy + ".part"));
  appenders.stop_and_check(cluster);
  expect_end(run("verify " + copy), 0, "sessions");

  cli::LocalCluster fresh(3, {}, HOLDFAST_BINARY);
  for (int id = 1; id <= 3; ++id) {
    expect_end(run(restore_args(fresh, id, copy)), 0, "node " + std::to_string(id) + " of 3");
  }
  fresh.start();
  auto restored = fresh.clerk();
  EXPECT_EQ(restored.get("last").value(), "before the backup");
  std::int64_t appended = 0;
  for (int i = 0; i < 4; ++i) {
    const auto value = restored.get("appender" + std::to_string(i)).value().value_or("");
    appended += std::ranges::count(value, ';');
  }
  EXPECT_GE(appended, before);
  // A request that was answered before the backup is answered from its record, not executed again.
  auto other = Servers::connect_to(fresh.servers().client_address(1));
  EXPECT_EQ(ask(other, {"ONCE", session, "1", "INCR", "visits"}), "1");
  EXPECT_EQ(ask(other, {"GET", "visits"}), "1");
  EXPECT_EQ(ask(other, {"ONCE", session, "2", "INCR", "visits"}), "2");
  EXPECT_TRUE(restored.append("last", "!"));
  fresh.wait_until_equal();
}

TEST_F(Backup, OfTheCopyOfACopy_IsTheSameState) {
  cli::LocalCluster cluster(1, {"--password=secret"}, HOLDFAST_BINARY);
  cluster.servers().start(1);
  const std::string endpoints = Servers::endpoints_option(cluster.servers().endpoints());
  const std::string access = endpoints + " --password secret";
  ASSERT_EQ(run("put k v" + access).output, "OK\n");
  expect_end(run("backup " + copy + access), 0, "the leader");
  expect_end(run("backup " + copy + access), 1, "--force");
  expect_end(run("backup --force " + copy + access), 0, "1 keys");
  expect_end(run("backup " + path("none") + endpoints), 1, "NOAUTH");
  EXPECT_FALSE(fs::exists(path("none")));

  const auto said = boost::json::parse(run("verify --json " + copy).output).as_object();
  EXPECT_EQ(said.at("keys"), 1);
  EXPECT_EQ(said.at("key_bytes"), 1);
  EXPECT_EQ(said.at("bytes"), fs::file_size(copy));
  EXPECT_THAT(std::string(said.at("members").as_string()), HasSubstr("1=127.0.0.1:"));

  cli::LocalCluster fresh(1, {}, HOLDFAST_BINARY);
  expect_end(run(restore_args(fresh, 1, copy)), 0, "1 keys");
  fresh.start();
  const std::string endpoint = Servers::endpoints_option(fresh.servers().endpoints());
  EXPECT_EQ(run("get k" + endpoint).output, "v");
  expect_end(run("backup " + path("again") + endpoint), 0, "1 keys");
  const auto again = boost::json::parse(run("verify --json " + path("again")).output).as_object();
  EXPECT_EQ(again.at("keys"), said.at("keys"));
  EXPECT_NE(again.at("cluster"), said.at("cluster"));
}

TEST_F(Backup, DamagedOrCutCopy_IsRefusedWithItsPlaceAndNothingIsMade) {
  Servers cluster({}, 1);
  fill(cluster, 30);
  expect_end(run("backup " + copy + cluster.endpoints()), 0, "30 keys");
  const std::string whole = bytes_of(copy);
  std::string rotten = whole;
  rotten[whole.size() / 2] ^= 1;
  write("rotten", rotten);
  write("cut", whole.substr(0, whole.size() - 1));
  write("longer", whole + "x");
  write("other", "SET a b\n");
  write("empty", "");
  cli::LocalCluster fresh(1, {}, HOLDFAST_BINARY);
  for (const char* name : {"rotten", "cut", "longer", "other", "empty"}) {
    const std::string place = path(name) + " at offset ";
    expect_end(run("verify " + path(name)), 3, place);
    expect_end(run("verify --json " + path(name)), 3, place);
    expect_end(run(restore_args(fresh, 1, path(name))), 3, place);
    expect_end(run("export " + path(name)), 3, place);
    EXPECT_FALSE(fs::exists(fresh.servers().data_folder(1))) << name;
  }
  expect_end(run("verify " + path("none")), 1, path("none"));
  expect_end(run(restore_args(fresh, 1, path("none"))), 1, path("none"));
}

TEST_F(Backup, FolderWithSomethingInIt_IsNotRestoredTo) {
  Servers cluster({}, 1);
  expect_end(run("backup " + copy + cluster.endpoints()), 0, "0 keys");
  expect_end(run("restore " + copy + " --id 1 --cluster 1=127.0.0.1:1 --data " +
                 cluster.servers().data_folder(1).string()),
             1, "is not empty");
  expect_end(run("restore " + copy + " --id 2 --cluster 1=127.0.0.1:1 --data " + path("d")), 2,
             "--cluster has no address for this node");
  EXPECT_FALSE(fs::exists(path("d")));
}

// The moments at which it is killed spread over its whole run, however fast that is.
TEST_F(Backup, KilledAtAnyMoment_FileIsWholeOrNotThere) {
  Servers cluster({}, 1);
  fill(cluster, 100);
  const std::string args = "backup --force " + copy + cluster.endpoints();
  int killed = 0;
  for (auto after = 0ms; run_and_kill(args, after); after += after / 4 + 4ms) {
    ++killed;
    EXPECT_TRUE(!fs::exists(copy) || run("verify " + copy).code == 0);
  }
  EXPECT_GT(killed, 1);
  expect_end(run("verify " + copy), 0, "keys          100");
}

TEST_F(Backup, RestoreKilledAtAnyMoment_FolderIsWholeOrNoNodes) {
  Servers cluster({}, 1);
  fill(cluster, 100);
  expect_end(run("backup " + copy + cluster.endpoints()), 0, "100 keys");
  const std::string args = "restore " + copy + " --id 1 --cluster 1=127.0.0.1:1 --data ";
  const std::string server =
      "server --id 1 --cluster 1=127.0.0.1:1 --peer-listen 127.0.0.1:0 --listen 127.0.0.1:0 "
      "--data ";
  int killed = 0;
  int half_made = 0;
  for (auto after = 0ms;; after += after / 4 + 4ms) {
    const std::string folder = path("d" + std::to_string(after.count()));
    if (!run_and_kill(args + folder, after)) break;
    ++killed;
    const bool has_identity = fs::exists(folder + "/identity");
    const bool has_copy = fs::exists(folder + "/snapshot") && !fs::is_empty(folder + "/snapshot");
    if (has_identity || !has_copy) continue;
    ++half_made;
    expect_end(run(server + folder), 3, "nothing tells whose they are");
    expect_end(run(args + folder), 1, "is not empty");
  }
  EXPECT_GT(killed, 1);
  RecordProperty("half_made", half_made);
}

}  // namespace
}  // namespace holdfast::e2e
