#include "sim/scenarios/raft_suite.hpp"

#include <gtest/gtest.h>

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

raft::Committed committed(std::uint64_t index, const std::string& command) {
  return {Index(index), {Term(1), raft::EntryKind::kCommand, Payload(command)}};
}

raft::Committed no_op(std::uint64_t index) {
  return {Index(index), {Term(1), raft::EntryKind::kNoop, Payload()}};
}

TEST(ApplyChecker, NoOps_TakeNoIndex) {
  ApplyChecker checker;
  checker.applied(NodeId(1), no_op(1));
  checker.applied(NodeId(1), committed(2, "a"));
  EXPECT_EQ(checker.servers_at(1), 1U);
  EXPECT_EQ(*checker.command_at(1), "a");
  EXPECT_EQ(checker.command_at(2), nullptr);
}

TEST(ApplyChecker, TwoCommandsAtOneIndex_Throws) {
  ApplyChecker checker;
  checker.applied(NodeId(1), committed(1, "a"));
  EXPECT_THROW(checker.applied(NodeId(2), committed(1, "b")), ScenarioFailure);
}

TEST(ApplyChecker, IndexLeftOut_Throws) {
  ApplyChecker checker;
  checker.applied(NodeId(1), committed(1, "a"));
  EXPECT_THROW(checker.applied(NodeId(1), committed(3, "c")), ScenarioFailure);
}

TEST(ApplyChecker, Restart_BeginsAtTheFirstIndexAndCountsOnce) {
  ApplyChecker checker;
  checker.applied(NodeId(1), committed(1, "a"));
  checker.applied(NodeId(1), committed(2, "b"));
  checker.restarted(NodeId(1));
  EXPECT_THROW(checker.applied(NodeId(1), committed(3, "c")), ScenarioFailure);
  checker.applied(NodeId(1), committed(1, "a"));
  EXPECT_EQ(checker.servers_at(1), 1U);
  EXPECT_EQ(checker.servers_at(2), 1U);
}

RaftSnapshot snapshot_of(std::uint64_t index, std::vector<std::string> commands) {
  return {.meta = {.last = {Index(index), Term(1)},
                   .membership = raft::Membership::of(std::vector{NodeId(1)})},
          .commands = std::move(commands)};
}

// Server 1 has applied "a" and "b".
ApplyChecker two_applied() {
  ApplyChecker checker;
  checker.applied(NodeId(1), committed(1, "a"));
  checker.applied(NodeId(1), committed(2, "b"));
  return checker;
}

TEST(ApplyChecker, SnapshotOfWhatWasApplied_GoesOnBehindIt) {
  ApplyChecker checker = two_applied();
  checker.installed(NodeId(2), {Index(2), Term(1)}, snapshot_of(2, {"a", "b"}));
  EXPECT_EQ(checker.servers_at(2), 2U);
  checker.applied(NodeId(2), committed(3, "c"));
  EXPECT_THROW(checker.applied(NodeId(2), committed(3, "c")), ScenarioFailure);
}

TEST(ApplyChecker, SnapshotOfAnotherIndexThanAnnounced_Throws) {
  ApplyChecker checker = two_applied();
  const auto snapshot = snapshot_of(2, {"a", "b"});
  EXPECT_THROW(checker.installed(NodeId(2), {Index(1), Term(1)}, snapshot), ScenarioFailure);
  EXPECT_THROW(checker.installed(NodeId(2), {Index(2), Term(2)}, snapshot), ScenarioFailure);
}

TEST(ApplyChecker, SnapshotOfThePast_Throws) {
  ApplyChecker checker = two_applied();
  EXPECT_THROW(checker.installed(NodeId(1), {Index(1), Term(1)}, snapshot_of(1, {"a"})),
               ScenarioFailure);
}

TEST(ApplyChecker, SnapshotOfOtherCommands_Throws) {
  ApplyChecker checker = two_applied();
  for (const auto& commands : {std::vector<std::string>{"a", "x"}, {"a", "b", "c"}}) {
    EXPECT_THROW(checker.installed(NodeId(2), {Index(2), Term(1)}, snapshot_of(2, commands)),
                 ScenarioFailure);
  }
}

TEST(RaftSnapshot, AllBytes_AreReadBackAndNoFewer) {
  const RaftSnapshot snapshot = snapshot_of(2, {"a", ""});
  const std::string bytes = encode(snapshot);
  EXPECT_EQ(decode_snapshot(bytes), snapshot);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_snapshot(std::string_view(bytes).substr(0, size)), std::nullopt);
  }
}

// A suite that can't fail proves nothing.
class RaftSuiteFails : public testing::Test {
 protected:
  void isolate_all() {
    for (const NodeId server : raft_.servers()) raft_.disconnect(server);
  }
  Duration passed() { return raft_.cluster().now() - Events::kStart; }

  ScenarioRun run_;
  RaftSuite raft_{run_, 3};
};

TEST_F(RaftSuiteFails, NoMajorityConnected_NobodyLeads) {
  raft_.disconnect(NodeId(1));
  raft_.disconnect(NodeId(2));
  EXPECT_THROW(raft_.check_one_leader(), ScenarioFailure);
  EXPECT_GE(passed(), 4500ms);
  EXPECT_LE(passed(), 5490ms);
}

TEST_F(RaftSuiteFails, NoMajorityConnected_OneGivesUpAfterTenSeconds) {
  isolate_all();
  raft_.connect(NodeId(1));
  EXPECT_THROW(raft_.one(1, 1, Retry::kYes), ScenarioFailure);
  EXPECT_EQ(passed(), 10s);
}

TEST_F(RaftSuiteFails, TooFewServersApplyIt_OneWithoutRetryGivesUpAfterTwoSeconds) {
  const NodeId leader = raft_.check_one_leader();
  raft_.disconnect(raft_.after(leader));
  const Duration before = passed();
  EXPECT_THROW(raft_.one(1, 3, Retry::kNo), ScenarioFailure);
  EXPECT_EQ(passed() - before, 2s);
}

TEST_F(RaftSuiteFails, LogThatIsTooLong_IsNoticed) {
  raft_.one(std::string(1000, 'x'), 3, Retry::kNo);
  raft_.check_logs_below(2000);
  EXPECT_THROW(raft_.check_logs_below(1000), ScenarioFailure);
}

TEST_F(RaftSuiteFails, AgreementWhereNoneIsAllowed_IsNoticed) {
  raft_.one(1, 3, Retry::kNo);
  EXPECT_THROW(raft_.check_no_agreement(1), ScenarioFailure);
}

TEST_F(RaftSuiteFails, LeaderWhereNoneIsAllowed_IsNoticed) {
  raft_.check_one_leader();
  EXPECT_THROW(raft_.check_no_leader(), ScenarioFailure);
}

TEST_F(RaftSuiteFails, IndexNeverApplied_WaitFailsUnlessTheTermIsPast) {
  const Term before = raft_.check_terms();
  raft_.check_one_leader();
  EXPECT_EQ(raft_.wait(1, 3, before), std::nullopt);
  EXPECT_THROW(raft_.wait(1, 3), ScenarioFailure);
}

TEST_F(RaftSuiteFails, MoreThan120Seconds_AreTooMany) {
  raft_.sleep(120s);
  EXPECT_THROW(raft_.sleep(1us), ScenarioFailure);
}

TEST(RaftSuite, LeaderStartsItsTerm_CommandsKeepTheirIndexes) {
  ScenarioRun run;
  RaftSuite raft(run, 3);
  EXPECT_EQ(raft.one(1, 3, Retry::kNo), 1U);
  raft.restart(raft.check_one_leader());
  raft.connect_all();
  const NodeId second = raft.check_one_leader();
  const RaftServer::Started started = raft.start(second, 2);
  EXPECT_TRUE(started.accepted);
  EXPECT_EQ(started.index, 2U);
  EXPECT_EQ(started.term, raft.term_of(second));
  EXPECT_FALSE(raft.start(raft.after(second), 3).accepted);
  EXPECT_EQ(raft.wait(2, 3), "2");
}

}  // namespace
}  // namespace holdfast::sim
