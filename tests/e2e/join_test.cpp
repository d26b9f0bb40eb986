// Nodes that come, that lose their data and come back, and that are removed.
#include <fstream>

#include "e2e/program.hpp"
#include "e2e/servers.hpp"

namespace holdfast::e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using cli::wait_until;
using testing::HasSubstr;

class Join : public testing::Test {
 protected:
  cli::ChildServers& servers() { return cluster_.servers(); }

  std::string join_option() {
    std::string text;
    for (int id = 1; id <= 3; ++id) {
      text += (text.empty() ? "--join=" : ",") + servers().client_address(id).to_string();
    }
    return text;
  }
  std::string standing_of(int id, int asked = 1) {
    const auto members = client::ask_members(servers().client_address(asked));
    if (!members) return members.error();
    for (const client::NodeStatus& member : *members) {
      if (member.number("id") == static_cast<std::uint64_t>(id)) return member.text("standing");
    }
    return "none";
  }
  void wait_for_standing(int id, const std::string& standing) {
    wait_until("node " + std::to_string(id) + " to be: " + standing, 30s,
               [&] { return standing_of(id) == standing; });
  }
  std::string log_of(int id) {
    std::ifstream in(servers().log_file(id));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // A voter other than the leader and node 1, which the tests ask.
  int victim() { return cluster_.wait_for_leader() == 2 ? 3 : 2; }

  Servers cluster_;
};

TEST_F(Join, NewNode_BecomesAVoterAndNeedsNoFlagsLater) {
  EXPECT_EQ(cluster_.ask(1, {"SET", "k", "v"}), "OK");
  const int id = servers().add();
  servers().start(id, {join_option()});
  wait_for_standing(id, "voter");
  EXPECT_EQ(cluster_.ask(id, {"GET", "k"}), "v");
  EXPECT_EQ(servers().terminate(id), 0);
  EXPECT_EQ(cluster_.ask(1, {"SET", "k", "later"}), "OK");
  servers().start(id, {});
  wait_until("it to serve", 30s, [&] { return cluster_.ask(id, {"GET", "k"}) == "later"; });
  cluster_.wait_until_equal();
}

TEST_F(Join, Learner_StaysOne) {
  const int id = servers().add();
  servers().start(id, {join_option(), "--join-as=learner"});
  wait_for_standing(id, "learner");
  EXPECT_EQ(cluster_.ask(1, {"SET", "k", "v"}), "OK");
  wait_until("it to serve", 30s, [&] { return cluster_.ask(id, {"GET", "k"}) == "v"; });
  EXPECT_EQ(standing_of(id), "learner");
}

// Nobody has ever reached it, so nobody could tell it: it asks when it is started again.
TEST_F(Join, NodeThatWasRemovedBeforeItHeardOfAnybody_IsAddedAnewAtItsNextStart) {
  const int id = servers().add();
  const std::string number = std::to_string(id);
  servers().start(id, {join_option(), "--join-as=learner", "--advertise-peer=127.0.0.1:1"});
  wait_for_standing(id, "learner");
  wait_until("it to be added", 30s, [&] { return log_of(id).contains("added: a learner"); });
  servers().kill9(id);
  ASSERT_EQ(cluster_.ask(cluster_.wait_for_leader(), {"RAFT", "REMOVE", number}), "OK");
  servers().start(id, {join_option(), "--join-as=learner"});
  EXPECT_EQ(cluster_.ask(1, {"SET", "k", "v"}), "OK");
  wait_until("it to serve", 30s, [&] { return cluster_.ask(id, {"GET", "k"}) == "v"; });
}

TEST_F(Join, NodeThatIsRemovedBeforeAnybodyReachedIt_EndsByItself) {
  const int leader = cluster_.wait_for_leader();
  const int id = servers().add();
  servers().start(id, {join_option(), "--join-as=learner", "--advertise-peer=127.0.0.1:1"});
  wait_until("it to be added", 30s, [&] { return log_of(id).contains("ready: "); });
  ASSERT_EQ(cluster_.ask(leader, {"RAFT", "REMOVE", std::to_string(id)}), "OK");
  EXPECT_EQ(servers().wait_for_exit(id), 0);
  EXPECT_THAT(log_of(id), HasSubstr("removed from the cluster"));
}

TEST_F(Join, RemovedNode_EndsByItself_AlsoWhenItWasDown) {
  const int id = victim();
  const auto leader = std::to_string(cluster_.wait_for_leader());
  const int asked = std::stoi(leader);
  EXPECT_EQ(cluster_.ask(asked, {"RAFT", "REMOVE", std::to_string(id)}), "OK");
  EXPECT_EQ(servers().wait_for_exit(id), 0);
  EXPECT_THAT(log_of(id), HasSubstr("removed from the cluster"));
  servers().start(id);
  EXPECT_EQ(servers().wait_for_exit(id), 0);
  EXPECT_EQ(cluster_.ask(1, {"SET", "k", "v"}), "OK");
}

// It must not vote as if it had never voted.
TEST_F(Join, LostData_WithTheFlagsOfTheFirstStart_EndsTheNode) {
  EXPECT_EQ(cluster_.ask(1, {"SET", "k", "v"}), "OK");
  cluster_.wait_until_equal();
  const int id = victim();
  servers().kill9(id);
  fs::remove_all(servers().data_folder(id));
  servers().start(id);
  EXPECT_EQ(servers().wait_for_exit(id), 3);
  EXPECT_THAT(log_of(id), HasSubstr("its data was lost"));
}

TEST_F(Join, LostData_IsNoNewNodeUnlessRepairIsGiven) {
  EXPECT_EQ(cluster_.ask(1, {"SET", "k", "v"}), "OK");
  const int id = victim();
  servers().kill9(id);
  fs::remove_all(servers().data_folder(id));
  servers().start(id, {join_option()});
  EXPECT_EQ(servers().wait_for_exit(id), 1);
  EXPECT_THAT(log_of(id), HasSubstr("is a member already"));
  servers().start(id, {join_option(), "--repair"});
  wait_until("it to serve", 30s, [&] { return cluster_.ask(id, {"GET", "k"}) == "v"; });
  wait_for_standing(id, "voter");
  cluster_.wait_until_equal();
}

TEST_F(Join, DamagedLog_IsPutAsideByRepair) {
  EXPECT_EQ(cluster_.ask(1, {"SET", "k", "v"}), "OK");
  cluster_.wait_until_equal();
  const int id = victim();
  EXPECT_EQ(servers().terminate(id), 0);
  for (const auto& file : fs::directory_iterator(servers().data_folder(id) / "log")) {
    std::fstream log(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(150);
    log.write("damage", 6);
  }
  servers().start(id);
  EXPECT_EQ(servers().wait_for_exit(id), 3);
  servers().start(id, {join_option(), "--repair"});
  wait_until("it to serve", 30s, [&] { return cluster_.ask(id, {"GET", "k"}) == "v"; });
  EXPECT_TRUE(fs::exists(servers().data_folder(id) / "damaged-1"));
  wait_for_standing(id, "voter");
  // Whole again: the flags may stay in its start script.
  EXPECT_EQ(servers().terminate(id), 0);
  const auto log = run("log " + servers().data_folder(id).string());
  EXPECT_THAT(log.output, HasSubstr(", for logs from entry "))
      << "it votes for nobody who may lack what it has forgotten";
  servers().start(id, {join_option(), "--repair"});
  wait_until("it to serve", 30s, [&] { return cluster_.ask(id, {"GET", "k"}) == "v"; });
  EXPECT_FALSE(fs::exists(servers().data_folder(id) / "damaged-2"));
}

}  // namespace
}  // namespace holdfast::e2e
