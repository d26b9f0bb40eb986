#include <gtest/gtest.h>

#include <functional>

#include "raft/core.hpp"

namespace holdfast::raft {
namespace {

using std::chrono::milliseconds;

// Two cores with disks that are done at once, and a wire that loses what `lose` says.
struct Pair {
  Pair() : nodes{make(1), make(2)} {}

  static Core make(std::uint64_t id) {
    Config config;
    config.id = NodeId(id);
    config.voters = {NodeId(1), NodeId(2)};
    config.seed = id;
    return Core(config, {}, Instant());
  }

  void run_for(int ms) {
    for (int i = 0; i < ms; ++i) {
      now += milliseconds(1);
      for (Core& node : nodes) node.tick(now);
      for (Core& node : nodes) {
        Effects effects = node.take_effects(now);
        for (const Persist& batch : effects.persist) node.persisted(now, batch.ticket);
        for (const Envelope& envelope : effects.messages) {
          if (!lose(envelope)) nodes[envelope.to.value() - 1].receive(now, envelope);
        }
        node.check_invariants();
      }
    }
  }
  Core& leader() { return nodes[0].is_leader() ? nodes[0] : nodes[1]; }

  std::vector<Core> nodes;
  Instant now;
  std::function<bool(const Envelope&)> lose = [](const Envelope&) { return false; };
};

// Kills: resending only what the follower has not received. The entry had arrived, its
// acknowledgement was lost, and with nothing left to send the leader never learned of it.
TEST(Core, AcknowledgementOfTheLastEntryLost_IsAskedForAgain) {
  Pair pair;
  pair.run_for(2000);
  ASSERT_TRUE(pair.leader().is_leader());
  pair.lose = [](const Envelope& e) { return std::holds_alternative<AppendResponse>(e.message); };
  const Index index = *pair.leader().propose(Payload("x"));
  pair.run_for(50);
  EXPECT_LT(pair.leader().commit_index(), index);
  pair.lose = [](const Envelope&) { return false; };
  pair.run_for(1000);
  EXPECT_EQ(pair.leader().commit_index(), index);
}

// Kills: a resend by time alone. A large entry that took longer was sent again and again, and each
// copy delayed the next.
TEST(Core, LargeEntryUnderWay_IsSentAgainOnlyWhenItIsOverdue) {
  Pair pair;
  pair.run_for(2000);
  int copies = 0;
  pair.lose = [&](const Envelope& e) {
    const auto* append = std::get_if<AppendRequest>(&e.message);
    const bool carries_it = append && !append->entries.empty();
    if (carries_it) ++copies;
    return carries_it;
  };
  ASSERT_TRUE(pair.leader().propose(Payload(std::string(64 << 20, 'x'))));
  pair.run_for(2000);
  EXPECT_EQ(copies, 1);
  pair.run_for(3000);
  EXPECT_GT(copies, 1);
  pair.lose = [](const Envelope&) { return false; };
  pair.run_for(10'000);
  EXPECT_EQ(pair.leader().commit_index(), pair.leader().log().last_index());
}

// Kills: a wait that doubles without end. What is small is lost and not late, and after five
// answers that were lost in a row it was four seconds until the next question.
TEST(Core, AnswersLostForSeconds_AreAskedForWithinASecondWhenTheNetworkIsWell) {
  Pair pair;
  pair.run_for(2000);
  pair.lose = [](const Envelope& e) { return std::holds_alternative<AppendResponse>(e.message); };
  const Index index = *pair.leader().propose(Payload("x"));
  pair.run_for(4000);
  ASSERT_LT(pair.leader().commit_index(), index);
  pair.lose = [](const Envelope&) { return false; };
  pair.run_for(1100);
  EXPECT_EQ(pair.leader().commit_index(), index);
}

}  // namespace
}  // namespace holdfast::raft
