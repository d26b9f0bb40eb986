// Data on its way from one store to another as commands.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "e2e/program.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

// Of the shell: its output, and its exit code.
Ended sh(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  Ended ended;
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    ended.output.append(buffer.data(), size);
  }
  ended.code = WEXITSTATUS(::pclose(pipe));
  return ended;
}

// A Redis server on a socket in the folder, gone with the object.
class Redis {
 public:
  Redis(const fs::path& folder, std::vector<std::string> args) : socket_(folder / "redis.sock") {
    args.insert(args.begin(), {"redis-server", "--port", "0", "--unixsocket", socket_, "--dir",
                               folder.string(), "--save", ""});
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    const std::string log = folder / "redis.log";
    pid_ = ::fork();
    if (pid_ == 0) {
      if (std::freopen(log.c_str(), "w", stdout) == nullptr) ::_exit(1);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    cli::wait_until("Redis", 20s, [this] { return sh(cli() + " PING").output == "PONG\n"; });
  }
  ~Redis() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  std::string cli() const { return "redis-cli -s " + socket_; }
  static bool is_installed() {
    return sh("command -v redis-server && command -v redis-cli").code == 0;
  }

 private:
  std::string socket_;
  pid_t pid_ = 0;
};

class Import : public TemporaryFolder {
 protected:
  Ended import_text(const std::string& text) {
    write("commands", text);
    return run("import " + path("commands") + cluster.endpoints());
  }
  std::string ask_cluster(const std::vector<std::string>& args) {
    auto connection = cluster.connect(1);
    return ask(connection, args);
  }

  Servers cluster{{}, 1};
};

TEST_F(Import, LinesAndProtocol_AreExecutedInOrder) {
  const Ended ended =
      import_text("SET a 1\r\n\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\nAPPEND a \"\\x21 \"");
  expect_end(ended, 0, "3 commands answered");
  EXPECT_EQ(ask_cluster({"GET", "a"}), "2! ");
}

TEST_F(Import, ErrorReplies_AreCountedAndNamedWithTheirPlace) {
  const Ended ended = import_text("SET a x\nNOSUCH\nINCR a\nSET b y\n");
  expect_end(ended, 1, "4 commands answered");
  EXPECT_THAT(ended.output, AllOf(HasSubstr("command 2 at offset 8: ERR unknown command"),
                                  HasSubstr("command 3 at offset 15: ERR value is not an integer"),
                                  HasSubstr("2 errors")));
  EXPECT_EQ(ask_cluster({"GET", "b"}), "y");
}

TEST_F(Import, ManyErrors_AreNotAllPrinted) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "NOSUCH " + std::to_string(i) + "\n";
  const Ended ended = import_text(text);
  expect_end(ended, 1, "5000 errors");
  EXPECT_LT(ended.output.size(), 3000u);
}

TEST_F(Import, StreamThatIsCutOrBroken_StopsWithItsPlace) {
  expect_end(import_text("SET a 1\n*2\r\n$3\r\nGET\r\n$5\r\nab"), 1,
             "the input ends within command 2, which begins at offset 8");
  EXPECT_EQ(ask_cluster({"GET", "a"}), "1");
  expect_end(import_text("SET a 2\n*x\r\n"), 1, "command 2 at offset 8 is no command");
  expect_end(import_text("CLIENT REPLY OFF\nSET a 3\n"), 1, "can't be imported");
  EXPECT_EQ(ask_cluster({"GET", "a"}), "3");
  expect_end(run("import " + path("none") + cluster.endpoints()), 1, "No such file");
  expect_end(run("import --endpoints 127.0.0.1:1"), 1, "nothing was sent");
}

// Replies that are much larger than what is sent: the server stops reading until they are taken.
TEST_F(Import, LargeReplies_DoNotBlockTheSending) {
  ask_cluster({"SET", "large", std::string(200'000, 'x')});
  std::string text;
  for (int i = 0; i < 500; ++i) text += "GET large\nSET k" + std::to_string(i) + " v\n";
  expect_end(import_text(text), 0, "1000 commands answered");
}

TEST_F(Import, ServerThatDies_TheUnknownAreToldAndTheRestIsNotSent) {
  const std::string command = "(while true; do echo INCR n; done) | timeout 60 " HOLDFAST_BINARY
                              " import" +
                              cluster.endpoints();
  Ended ended;
  {
    const std::jthread importer([&] { ended = sh(command); });
    cli::wait_until("some", 20s, [&] { return ask_cluster({"STRLEN", "n"}) > "2"; });
    cluster.servers().kill9(1);
  }
  EXPECT_THAT(ended.output, HasSubstr("stopped: "));
  EXPECT_TRUE(ended.code == 4 || ended.code == 1) << ended.output;
  EXPECT_EQ(ended.code == 4, ended.output.find("nobody knows") != std::string::npos);
}

// Kills: taking a second without a leader for the end of the import.
TEST_F(Import, ClusterWithoutALeader_WhatItRefusesIsSentAgain) {
  Servers three({"--request-timeout=1s"}, 3);
  const int survivor = three.leader_at_start;
  for (const int id : three.others(survivor)) three.servers().kill9(id);
  std::string text;
  for (int i = 0; i < 200; ++i) text += "SET k" + std::to_string(i) + " v\n";
  write("commands", text);
  // What it proposed as a leader would be unknown.
  cli::wait_until("it leads no more", 20s,
                  [&] { return three.status(survivor).number("leader") == 0; });
  const std::string endpoints =
      Servers::endpoints_option({three.servers().client_address(survivor)});
  Ended ended;
  {
    const std::jthread importer([&] {
      ended = sh("(" HOLDFAST_BINARY " import " + path("commands") + endpoints + " 2>" +
                 path("errors") + ")");
    });
    cli::wait_until("a refusal", 30s,
                    [&] { return sh("cat " + path("errors")).output.contains("sending again"); });
    for (const int id : three.others(survivor)) three.servers().start(id);
  }
  expect_end(ended, 0, "200 commands answered");
  auto connection = three.connect(survivor);
  EXPECT_EQ(ask(connection, {"DBSIZE"}), "200");
}

TEST_F(Import, WhatWasExported_IsTheSame) {
  const std::string binary("\0\r\n\xff\"' $", 8);
  auto connection = cluster.connect(1);
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(connection.send(
        {"SET", "k" + std::to_string(i) + binary, binary + std::to_string(i)}, soon()));
  }
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(receive(connection), "OK");
  ASSERT_EQ(ask(connection, {"SET", "empty", ""}), "OK");
  const std::string file = path("commands");
  expect_end(run("export -o " + file + cluster.endpoints()), 0, "2001 keys");
  EXPECT_FALSE(fs::exists(file + ".part"));

  Servers other({}, 1);
  expect_end(run("import" + other.endpoints() + " " + file), 0, "2001 commands answered");
  auto there = other.connect(1);
  EXPECT_EQ(ask(there, {"DBSIZE"}), "2001");
  EXPECT_EQ(ask(there, {"GET", "k7" + binary}), binary + "7");
  EXPECT_EQ(ask(there, {"STRLEN", "empty"}), "0");
}

TEST_F(Import, FromAndToRedis_TheDataIsTheSame) {
  if (!Redis::is_installed()) GTEST_SKIP() << "redis-server is not installed";
  std::string text;
  for (int i = 0; i < 500; ++i) text += "SET k" + std::to_string(i) + " \"v\\r\\n\"\n";
  expect_end(import_text(text), 0, "500 commands");
  const Redis redis(folder_, {"--appendonly", "yes", "--aof-use-rdb-preamble", "no"});
  const Ended piped =
      sh(HOLDFAST_BINARY " export" + cluster.endpoints() + " | " + redis.cli() + " --pipe");
  EXPECT_THAT(piped.output, HasSubstr("errors: 0, replies: 500"));
  EXPECT_EQ(sh(redis.cli() + " DBSIZE").output, "500\n");

  ASSERT_EQ(sh(redis.cli() + " SET more '!'").output, "OK\n");
  ASSERT_EQ(sh(redis.cli() + " FLUSHALL").code, 0);
  ASSERT_EQ(sh(redis.cli() + " SET last one").output, "OK\n");
  Servers other({}, 1);
  for (const auto& file : fs::directory_iterator(folder_ / "appendonlydir")) {
    if (file.path().string().ends_with(".manifest")) continue;
    const Ended ended = run("import " + file.path().string() + other.endpoints());
    EXPECT_EQ(ended.code, 0) << ended.output;
  }
  auto connection = other.connect(1);
  EXPECT_EQ(ask(connection, {"DBSIZE"}), "1");
  EXPECT_EQ(ask(connection, {"GET", "last"}), "one");
}

}  // namespace
}  // namespace holdfast::e2e
