#include "sim/last_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/observed_run.hpp"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(LastEvents, OneOfEachKind_ReadsLikeThis) {
  LastEvents last;
  const wire::PeerMessage vote(
      raft::VoteRequest{.term = Term(4), .last_index = Index(9), .last_term = Term(3)});
  last.node(Instant(1s), {.id = NodeId(2), .role = replica::Role::kCandidate, .term = Term(4)});
  last.message({1, NodeId(2), NodeId(3), Instant(2s), Instant(2s + 1234us), Fate::kArrives, vote});
  last.message({2, NodeId(2), NodeId(1), Instant(2s), Instant(3s), Fate::kLost, vote});
  last.fault(Instant(2500ms), "power lost", NodeId(3));
  last.node(Instant(2500ms), {.id = NodeId(3), .health = Health::kDown});
  last.link(Instant(3s), NodeId(1), NodeId(2), true);
  last.operation({.client = 7,
                  .command = "append \"a1\" \"x\" -> 3",
                  .outcome = "answered",
                  .called = Instant(2s),
                  .returned = Instant(3s)});
  EXPECT_THAT(
      last.lines(),
      ElementsAre(
          "       0.000 ms  n2  is up, candidate in term 4, follows nobody, last=0 commit=0 "
          "applied=0",
          "    1000.000 ms  n2 -> n3  RequestVote term=4 last_index=9 last_term=3 forced=0"
          "  (arrives at 1001.234)",
          "    1000.000 ms  n2 -> n1  RequestVote term=4 last_index=9 last_term=3 forced=0  (lost)",
          "    1500.000 ms  n3  *** power lost", "    1500.000 ms  n3  is down",
          "    2000.000 ms  n1  n1 -> n2 is cut",
          "    2000.000 ms  client 7  append \"a1\" \"x\" -> 3  (answered, called at 1000.000)"));
}

TEST(LastEvents, LongRun_KeepsTheLastAndNoHeartbeats) {
  LastEvents last(20);
  ObservedRun run(3, 2, &last);
  run.start();
  run.cluster().run_for(3s);
  const std::vector<std::string> lines = last.lines();
  EXPECT_EQ(lines.size(), 20u);
  EXPECT_THAT(lines, Each(Not(HasSubstr("Heartbeat"))));
}

TEST(LastEvents, MessageCutUnderWay_IsSaidSo) {
  LastEvents last;
  const wire::PeerMessage message(raft::TimeoutNow{.term = Term(1)});
  last.message({5, NodeId(1), NodeId(2), Instant(2s), Instant(3s), Fate::kArrives, message});
  last.message_cut(Instant(3s), 5);
  EXPECT_THAT(last.lines(), ElementsAre("    1000.000 ms  n1 -> n2  TimeoutNow term=1  (cut)"));
}

}  // namespace
}  // namespace holdfast::sim
