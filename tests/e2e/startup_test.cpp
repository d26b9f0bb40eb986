#include <fstream>
#include <set>

#include "e2e/program.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class Startup : public TemporaryFolder {
 protected:
  Ended run_server(const std::string& args) {
    return run("server --listen=127.0.0.1:0 --peer-listen=127.0.0.1:0 " + args);
  }
};

TEST_F(Startup, UnknownFlag_IsNamed) {
  expect_end(run_server("--data=" + path("d") + " --bogus"), 2, "--bogus");
}

TEST_F(Startup, NoSubcommand_PointsToHelp) {
  expect_end(run(""), 2, "A subcommand is required");
}

TEST_F(Startup, UnknownSubcommand_IsNamed) {
  expect_end(run("serve"), 2, "serve");
}

TEST_F(Startup, NumbersOutOfRange_AreRefused) {
  const std::string data = "--data=" + path("d");
  expect_end(run_server(data + " --id=-1"), 2, "--id");
  expect_end(run_server(data + " --id=99999999999999999999"), 2, "--id");
  expect_end(run_server(data + " --max-clients=-1"), 2, "--max-clients");
  expect_end(run_server(data + " --max-pending-bytes=-1"), 2, "--max-pending-bytes");
  expect_end(run("log --from=-1 " + data), 2, "--from");
}

TEST_F(Startup, DemoWithoutATemporaryFolder_SaysSo) {
  write("file", "");
  expect_end(run("demo", "TMPDIR=" + path("file")), 1, "$TMPDIR");
}

TEST_F(Startup, NoDataFolder_IsSaid) {
  expect_end(run_server(""), 2, "--data DIR is missing");
}

TEST_F(Startup, OwnIdMissingFromCluster_IsSaid) {
  expect_end(run_server("--id=3 --data=" + path("d") + " --cluster=1=127.0.0.1:1,2=127.0.0.1:2"), 2,
             "--cluster has no address for this node");
  EXPECT_FALSE(fs::exists(path("d"))) << "nothing is made for a command line that is wrong";
}

TEST_F(Startup, MalformedAddresses_AreNamed) {
  expect_end(run_server("--data=" + path("d") + " --cluster=1:127.0.0.1"), 2, "ID=HOST:PORT");
  expect_end(run_server("--data=" + path("d") + " --advertise=nowhere"), 2, "'nowhere'");
  expect_end(run_server("--data=" + path("d") + " --cluster=1=h:1,1=h:2"), 2, "listed twice");
}

TEST_F(Startup, PortInUse_IsNamedWithItsOption) {
  Servers other({}, 1);
  const std::string taken = other.servers().client_address(1).to_string();
  expect_end(run("server --data=" + path("d") + " --peer-listen=127.0.0.1:0 --listen=" + taken), 1,
             "can't listen on " + taken + " (--listen)");
}

TEST_F(Startup, DataFolderOfARunningServer_IsRefused) {
  Servers other({}, 1);
  const std::string folder = other.servers().data_folder(1);
  const Ended ended = run_server("--data=" + folder);
  EXPECT_EQ(ended.code, 1) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr(folder));
  auto connection = other.connect(1);
  EXPECT_EQ(ask(connection, {"SET", "k", "v"}), "OK");
}

TEST_F(Startup, DataFolderOfAnotherNodeOrCluster_IsRefused) {
  Servers other;
  for (int id = 1; id <= 3; ++id) other.servers().kill9(id);
  const std::string folder = other.servers().data_folder(1);
  expect_end(run_server("--id=2 --data=" + folder), 1, folder);
  expect_end(run_server("--cluster=1=127.0.0.1:1,2=127.0.0.1:2 --data=" + folder), 1, folder);
  other.start();
}

TEST_F(Startup, DataFolderThatCannotBeMade_IsRefused) {
  write("file", "");
  const Ended under_a_file = run_server("--data=" + path("file") + "/d");
  EXPECT_EQ(under_a_file.code, 1) << under_a_file.output;
  EXPECT_THAT(under_a_file.output, HasSubstr(path("file")));
  const Ended not_permitted = run_server("--data=/proc/holdfast");
  EXPECT_EQ(not_permitted.code, 1) << not_permitted.output;
  EXPECT_THAT(not_permitted.output, HasSubstr("/proc/holdfast"));
}

TEST_F(Startup, RotInTheMiddleOfTheLog_IsNamedWithFileAndOffset) {
  Servers other({}, 1);
  auto connection = other.connect(1);
  for (int i = 0; i < 100; ++i) ask(connection, {"SET", "k", std::to_string(i)});
  other.servers().kill9(1);
  const fs::path log = other.servers().data_folder(1) / "log";
  const std::set<fs::path> segments{fs::directory_iterator(log), fs::directory_iterator()};
  const fs::path& segment = *segments.begin();
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(300);
    file.put('\x55');
  }
  other.servers().start(1);
  cli::wait_until("the server to end", std::chrono::seconds(10),
                  [&] { return !other.servers().is_running(1); });
  const std::string place = segment.string() + " at offset ";
  EXPECT_THAT(other.servers().log_tail(1), HasSubstr(place));
  expect_end(run("log " + other.servers().data_folder(1).string()), 3, place);
}

TEST_F(Startup, LogCommand_PrintsWhatWasWrittenBesideTheServer) {
  Servers other({}, 1);
  auto connection = other.connect(1);
  ask(connection, {"SET", "k\n", "v"});
  const std::string folder = other.servers().data_folder(1);
  expect_end(run("log " + folder), 0, R"("SET" "k\x0a" "v")");
  expect_end(run("log --json " + folder), 0, R"("args":["SET","k\\x0a","v"])");
  EXPECT_THAT(run("log --from 3 --limit 1 " + folder).output, Not(HasSubstr("no-op")));
  expect_end(run("log " + path("none")), 1, "there is no log here");
}

// Kills: a setting of the allocator that is lost, and a server that goes by another name then.
TEST_F(Startup, Server_RunsWithTheAllocatorsSettingsUnderItsOwnName) {
  Servers other({}, 1);
  auto connection = other.connect(1);
  const std::string info = ask(connection, {"INFO", "server"});
  const std::string label = "process_id:";
  const auto at = info.find(label) + label.size();
  const std::string process = "/proc/" + info.substr(at, info.find('\r', at) - at);
  const auto text_of = [&](const std::string& name) {
    std::ifstream file(process + name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_THAT(text_of("/environ"), HasSubstr("GLIBC_TUNABLES=glibc.malloc.tcache_count="));
  EXPECT_EQ(text_of("/comm"), "holdfast\n");
}

TEST_F(Startup, SettingsOfAFile_AreTakenAndTheCommandLineGoesBefore) {
  write("c.toml",
        "id = 2\ndata = \"" + path("d") + "\"\nmax-clients = 7\n[cluster]\n1 = \"127.0.0.1:1\"\n");
  expect_end(run_server("--config=" + path("c.toml")), 2, "--id is 2");
  expect_end(run_server("--id=5 --config=" + path("c.toml")), 2, "--id is 5");
}

// It ends at the last step of its start, with all settings taken: the port is another's.
TEST_F(Startup, EverySettingOfAFile_IsTaken) {
  Servers other({}, 1);
  const std::string taken = other.servers().client_address(1).to_string();
  std::string settings = "\nid = 3\ndata = '" + path("d") + "'\nlisten = '" + taken + "'\n";
  for (const char* line : {"peer-listen = '127.0.0.1:0'",
                           "advertise = 'example.org:7000'",
                           "advertise-peer = '127.0.0.1:1'",
                           "cluster-name = 'shop'",
                           "cluster = '3=127.0.0.1:1,4=127.0.0.1:2'",
                           "password = 'secret'",
                           "max-clients = 7",
                           "max-key-bytes = 1000",
                           "max-value-bytes = '1mb'",
                           "maxmemory = '64mb'",
                           "max-pending-bytes = '4MB'",
                           "segment-bytes = '2mb'",
                           "election-timeout-min = '200ms'",
                           "election-timeout-max = '1s'",
                           "heartbeat-interval = '20ms'",
                           "request-timeout = '1m'",
                           "read-mode = 'lease'",
                           "snapshot-log-bytes = '8mb'",
                           "snapshot-rate = '1mb'",
                           "log-level = 'debug'",
                           "enable-fault-injection = true",
                           "enable-debug-command = false"}) {
    settings += std::string(line) + "\n";
  }
  write("all.toml", settings);
  const Ended ended = run("server --config=" + path("all.toml"));
  expect_end(ended, 1, "can't listen on " + taken);
  EXPECT_THAT(ended.output, HasSubstr("Holdfast node 3, data in " + path("d")));
  // No option of the command line is missing from this test, but those that exclude --cluster.
  settings += "config = \njoin = \njoin-as = \nrepair = \n";
  const std::string help = run("server --help").output;
  for (std::size_t at = help.find("\n  --"); at != std::string::npos;
       at = help.find("\n  --", at + 1)) {
    const std::string name = help.substr(at + 5, help.find(' ', at + 5) - at - 5);
    EXPECT_THAT(settings, HasSubstr("\n" + name + " = "));
  }
}

TEST_F(Startup, WrongSettingsOfAFile_AreNamedWithTheirLine) {
  write("unknown.toml", "id = 1\nbogus = 2\n");
  expect_end(run_server("--config=" + path("unknown.toml")), 2,
             "unknown.toml:2: there is no setting 'bogus'");
  write("value.toml", "id = 1\nmax-value-bytes = 'huge'\n");
  expect_end(run_server("--config=" + path("value.toml")), 2, "huge");
  write("bad.toml", "id = = 1\n");
  expect_end(run_server("--config=" + path("bad.toml")), 2, "bad.toml:1");
  write("type.toml", "id = [1]\n");
  expect_end(run_server("--config=" + path("type.toml")), 2, "type.toml:1");
  expect_end(run_server("--config=" + path("none.toml")), 2, "none.toml");
}

TEST_F(Startup, HelpOfEveryCommand_IsThere) {
  for (const char* command : {"",
                              "server",
                              "put",
                              "get",
                              "append",
                              "status",
                              "demo",
                              "log",
                              "backup",
                              "verify",
                              "restore",
                              "export",
                              "import",
                              "member",
                              "member list",
                              "member add",
                              "member replace",
                              "member remove",
                              "member promote",
                              "member move",
                              "transfer",
                              "snapshot"}) {
    const Ended ended = run(std::string(command) + " --help");
    EXPECT_EQ(ended.code, 0) << command;
    EXPECT_THAT(ended.output, HasSubstr("Usage")) << command;
  }
}

TEST_F(Startup, ClientCommands_WorkAndSayWhatIsWrong) {
  Servers cluster;
  const std::string endpoints = cluster.endpoints();
  EXPECT_EQ(run("put k v" + endpoints).output, "OK\n");
  EXPECT_EQ(run("append k w" + endpoints).output, "2\n");
  EXPECT_EQ(run("get k" + endpoints).output, "vw");
  expect_end(run("get none" + endpoints), 3, "there is no key 'none'");
  expect_end(run("status" + endpoints), 0, "leader");
  expect_end(run("status --json" + endpoints), 0, "\"commit_index\":");
  expect_end(run("status --json" + endpoints), 0, "\"membership\":\"1=");
  expect_end(run("snapshot" + endpoints), 0, "node 3: has a snapshot of the first ");
  expect_end(run("put k v --timeout 0.3 --endpoints 127.0.0.1:1"), 1, "not executed");
}

// Who belongs to the cluster is known before the first of them connects.
TEST(HealthyStart, NoMemberIsTakenForAStranger) {
  Servers cluster;
  for (int id = 1; id <= 3; ++id) {
    EXPECT_THAT(cluster.servers().log_tail(id), Not(HasSubstr("no member"))) << id;
  }
}

}  // namespace
}  // namespace holdfast::e2e
