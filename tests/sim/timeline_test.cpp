#include "sim/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/last_events.hpp"
#include "sim/observed_run.hpp"
#include "sim/run.hpp"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::Field;

std::size_t count(const Timeline& timeline, std::string_view kind) {
  return static_cast<std::size_t>(
      std::ranges::count_if(timeline.messages(), [&](const Timeline::Message& message) {
        return timeline.kinds()[message.kind].name == kind;
      }));
}

TEST(Timeline, RunWithTraffic_HasItsMessagesStatesAndOperations) {
  Timeline timeline;
  ObservedRun run(3, 2, &timeline);
  run.start();
  run.cluster().run_for(3s);
  EXPECT_GT(count(timeline, "PreVote"), 0u);
  EXPECT_GT(count(timeline, "Vote"), 0u);
  EXPECT_GT(count(timeline, "AppendEntries"), 10u);
  EXPECT_EQ(timeline.messages().size(), timeline.messages_seen());
  EXPECT_TRUE(std::ranges::is_sorted(timeline.messages(), {}, &Timeline::Message::sent));
  EXPECT_EQ(timeline.operations().size(), run.recorder().acknowledged());
  const SeenNode last = timeline.states().back().node;
  EXPECT_EQ(last, run.cluster().process(last.id).look());
  EXPECT_EQ(timeline.gaps().messages_from, Events::kStart);
}

TEST(Timeline, MessageFields_AreThoseThatWereSent) {
  Timeline timeline;
  const raft::AppendRequest request{.term = Term(3),
                                    .prev_index = Index(7),
                                    .prev_term = Term(2),
                                    .commit = Index(5),
                                    .entries = {{.term = Term(3), .payload = Payload("abc")}}};
  const wire::PeerMessage message(request);
  timeline.message({1, NodeId(1), NodeId(2), Instant(2s), Instant(3s), Fate::kLost, message});
  const Timeline::Message& recorded = timeline.messages().front();
  EXPECT_EQ(timeline.kinds()[recorded.kind].name, "AppendEntries");
  EXPECT_THAT(
      timeline.kinds()[recorded.kind].fields,
      testing::ElementsAre("term", "prev_index", "prev_term", "commit", "entries", "bytes"));
  EXPECT_THAT(recorded.values, testing::ElementsAre(3, 7, 2, 5, 1, 3));
  EXPECT_EQ(recorded.fate, Fate::kLost);
}

TEST(Timeline, Partition_HasItsLinksAndWhatWasCut) {
  Timeline timeline;
  ObservedRun run(3, 1, &timeline);
  run.start();
  const NodeId leader = run.await_leader();
  std::vector<NodeId> others = run.cluster().nodes();
  std::erase(others, leader);
  const Instant at = run.cluster().now();
  run.cluster().partition({{leader}, others});
  run.cluster().run_for(1s);
  run.cluster().heal();
  ASSERT_EQ(timeline.links().size(), 8u);
  EXPECT_THAT(timeline.links(),
              Contains(AllOf(Field(&Timeline::Link::at, at), Field(&Timeline::Link::from, leader),
                             Field(&Timeline::Link::is_cut, true)))
                  .Times(2));
  EXPECT_FALSE(timeline.links().back().is_cut);
  EXPECT_THAT(timeline.messages(), Contains(AllOf(Field(&Timeline::Message::from, leader),
                                                  Field(&Timeline::Message::fate, Fate::kCut))));
}

TEST(Timeline, MessagesUnderWayToANodeThatCrashes_AreCut) {
  Timeline timeline;
  Weather slow;
  slow.delay_min = slow.delay_max = 100ms;
  ObservedRun run(3, 0, &timeline, slow);
  run.start();
  const NodeId leader = run.await_leader();
  run.cluster().run_for(1s);
  const Instant at = run.cluster().now();
  run.cluster().crash(leader, false);
  run.cluster().run_for(1s);
  std::size_t under_way = 0;
  for (const Timeline::Message& message : timeline.messages()) {
    const bool concerns_it = message.from == leader || message.to == leader;
    if (!concerns_it || message.sent > at || message.arrives <= at) continue;
    ++under_way;
    EXPECT_EQ(message.fate, Fate::kCut) << message.number;
  }
  EXPECT_GT(under_way, 0u);
}

TEST(Timeline, Watched_TheRunIsTheSame) {
  const auto hash = [](Observer* observer) {
    Weather weather;
    weather.loss = weather.duplication = weather.damage = weather.tear = 0.02;
    ObservedRun run(5, 2, observer, weather);
    run.start();
    run.cluster().run_for(2s);
    run.cluster().partition({{NodeId(1), NodeId(2)}, {NodeId(3), NodeId(4), NodeId(5)}});
    run.cluster().run_for(2s);
    return run.cluster().events().hash();
  };
  Timeline timeline;
  EXPECT_EQ(hash(&timeline), hash(nullptr));
}

TEST(Timeline, FullOfMessages_OldHeartbeatsGoFirst) {
  Timeline whole;
  Timeline small(Timeline::Limits{.messages = 400});
  Observers both;
  both.add(whole);
  both.add(small);
  ObservedRun run(3, 0, &both);
  run.start();
  run.cluster().run_for(6s);
  EXPECT_LE(small.messages().size(), 400u);
  EXPECT_EQ(small.messages_seen(), whole.messages_seen());
  EXPECT_GT(whole.messages_seen(), 400u);
  const auto is_heartbeat = [&](const Timeline::Message& message) {
    return whole.kinds()[message.kind].name.starts_with("Heartbeat");
  };
  // Whatever the gaps don't name is there.
  std::size_t expected = 0;
  for (const Timeline::Message& message : whole.messages()) {
    const Instant from =
        is_heartbeat(message) ? small.gaps().heartbeats_from : small.gaps().messages_from;
    if (message.sent >= from) ++expected;
  }
  const auto missing = small.messages().size() - expected;
  EXPECT_LE(missing, 1u);  // of two that were sent at once
  EXPECT_GT(small.gaps().heartbeats_from, Events::kStart);
  EXPECT_EQ(small.gaps().messages_from, Events::kStart);
}

TEST(Timeline, FullOfOtherMessages_TheOldestGo) {
  Timeline timeline(Timeline::Limits{.messages = 400});
  ObservedRun run(3, 4, &timeline);
  run.start();
  run.cluster().run_for(6s);
  EXPECT_LE(timeline.messages().size(), 400u);
  EXPECT_EQ(timeline.messages().front().sent, timeline.gaps().messages_from);
  EXPECT_GT(timeline.messages().back().sent, timeline.end() - 100ms);
}

TEST(Timeline, FullOfStates_IndexesMergeAndRolesStay) {
  Timeline whole;
  Timeline small(Timeline::Limits{.states = 300});
  Observers both;
  both.add(whole);
  both.add(small);
  ObservedRun run(3, 4, &both);
  run.start();
  run.cluster().run_for(6s);
  EXPECT_LE(small.states().size(), 300u);
  EXPECT_GT(whole.states().size(), 300u);
  EXPECT_GT(small.gaps().state_resolution, 0ms);
  EXPECT_EQ(small.gaps().states_from, Events::kStart);
  const auto changes_of_role = [](const Timeline& timeline) {
    std::map<NodeId, replica::Role> roles;
    std::vector<std::tuple<Instant, NodeId, replica::Role>> changes;
    for (const auto& [at, node] : timeline.states()) {
      const auto known = roles.find(node.id);
      if (known != roles.end() && known->second == node.role) continue;
      roles[node.id] = node.role;
      changes.emplace_back(at, node.id, node.role);
    }
    return changes.size();
  };
  EXPECT_EQ(changes_of_role(small), changes_of_role(whole));
}

TEST(Timeline, FullOfLinkChanges_WhatIsCutIsStillKnown) {
  Timeline timeline(Timeline::Limits{.lines = 10});
  timeline.link(Instant(1s), NodeId(1), NodeId(2), true);
  for (int i = 0; i < 50; ++i) timeline.link(Instant(2s), NodeId(2), NodeId(3), i % 2 == 0);
  EXPECT_LE(timeline.links().size(), 10u);
  EXPECT_THAT(timeline.links(), Contains(AllOf(Field(&Timeline::Link::from, NodeId(1)),
                                               Field(&Timeline::Link::is_cut, true))));
}

TEST(Timeline, FaultsOfAPlan_NameTheNodeTheLinkOrTheCluster) {
  Plan plan;
  plan.clerks = plan.pipeliners = 1;
  plan.duration = 3s;
  plan.faults = {{FaultKind::kKill, 500ms, 100ms, 1},
                 {FaultKind::kSlowLink, 1s, 100ms, 0},
                 {FaultKind::kPartition, 2s, 100ms, 2}};
  Timeline timeline;
  ASSERT_EQ(run(plan, &timeline).violation, std::nullopt);
  std::vector<std::pair<NodeId, std::string>> faults;
  for (const Timeline::Line& fault : timeline.faults()) faults.emplace_back(fault.node, fault.text);
  EXPECT_THAT(faults, testing::ElementsAre(
                          std::pair(NodeId(2), "kill -9"), std::pair(NodeId(2), "kill -9: over"),
                          std::pair(NodeId(), "slow link n1 n2"),
                          std::pair(NodeId(), "slow link n1 n2: over"),
                          std::pair(NodeId(), "partition"), std::pair(NodeId(), "partition: over"),
                          std::pair(NodeId(), "everything is made good")));
}

TEST(Timeline, RunThatEndsWithOperationsUnderWay_HasThem) {
  Timeline timeline;
  ObservedRun run(3, 3, &timeline);
  run.start();
  run.cluster().run_for(1s);
  for (const NodeId node : run.cluster().nodes()) run.cluster().pause(node);
  run.cluster().run_for(100ms);
  run.recorder().show_open();
  EXPECT_THAT(timeline.operations(), Contains(AllOf(Field(&SeenOperation::outcome, "under way"),
                                                    Field(&SeenOperation::returned, std::nullopt)))
                                         .Times(3));
}

TEST(Timeline, LongCommand_IsCutInTheMiddle) {
  Timeline timeline(Timeline::Limits{.text_bytes = 10});
  timeline.operation(
      {.command = "begin" + std::string(1000, '.') + "close", .called = Instant(2s)});
  EXPECT_EQ(timeline.operations().front().command, "begin … (1010 bytes) … close");
}

}  // namespace
}  // namespace holdfast::sim
