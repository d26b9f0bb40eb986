#include <gtest/gtest.h>

#include "raft/core.hpp"

namespace holdfast::raft {
namespace {

constexpr Instant kNow{std::chrono::seconds(1)};

Member voter(std::uint64_t id) {
  return {.id = NodeId(id)};
}
Member learner(std::uint64_t id) {
  return {.id = NodeId(id), .votes = false, .voted = false};
}

// Leads a cluster whose other nodes acknowledge what they are sent, without a log of their own.
class Led {
 public:
  explicit Led(std::uint64_t voters) : core_(config(voters), {}, kNow) {
    core_.tick(core_.next_deadline());
    turn();
  }

  Core& core() { return core_; }
  std::expected<Index, Refusal> change(std::vector<Member> members) {
    return core_.change_membership(kNow, {std::move(members)});
  }
  // Until nothing more comes of it.
  void turn() {
    for (bool goes_on = true; goes_on;) {
      Effects effects = core_.take_effects(kNow);
      core_.check_invariants();
      goes_on = !effects.persist.empty() || !effects.messages.empty();
      for (Envelope& envelope : effects.messages) answer(std::move(envelope));
      for (const Persist& batch : effects.persist) core_.persisted(kNow, batch.ticket);
    }
  }
  int told_removed(std::uint64_t node) const { return told_removed_.at(node); }

 private:
  static Config config(std::uint64_t voters) {
    Config config;
    config.id = NodeId(1);
    for (std::uint64_t id = 1; id <= voters; ++id) config.voters.push_back(NodeId(id));
    return config;
  }

  void answer(Envelope envelope) {
    const auto reply = [&](Message message) {
      core_.receive(kNow, {envelope.to, envelope.from, std::move(message)});
    };
    if (std::holds_alternative<Removed>(envelope.message)) ++told_removed_[envelope.to.value()];
    if (const auto* request = std::get_if<VoteRequest>(&envelope.message)) {
      reply(VoteResponse{.term = request->term, .pre = request->pre, .granted = true});
    }
    if (const auto* request = std::get_if<AppendRequest>(&envelope.message)) {
      const Index match = request->prev_index.plus(request->entries.size());
      reply(AppendResponse{.term = request->term, .accepted = true, .match = match});
    }
  }

  Core core_;
  std::array<int, 6> told_removed_{};
};

// Kills: to keep a list of whom to tell, and not to look again whether they are members.
TEST(MembershipChange, MemberThatIsBackBeforeItIsToldOfItsRemoval_IsNotToldAnyMore) {
  Led led(3);
  ASSERT_TRUE(led.core().is_leader());
  ASSERT_TRUE(led.change({voter(1), voter(2), voter(3), learner(4)}));
  led.turn();
  // Turn by turn, up to the one in which the removal is committed.
  const auto removal = led.change({voter(1), voter(2), voter(3)});
  ASSERT_TRUE(removal);
  Effects effects = led.core().take_effects(kNow);
  led.core().persisted(kNow, effects.persist.back().ticket);
  led.core().receive(
      kNow, {NodeId(2), NodeId(1),
             AppendResponse{.term = led.core().term(), .accepted = true, .match = *removal}});
  ASSERT_EQ(led.core().commit_index(), *removal);
  ASSERT_TRUE(led.change({voter(1), voter(2), voter(3), learner(4)}));
  led.turn();
  EXPECT_TRUE(led.core().membership().contains(NodeId(4)));
  EXPECT_EQ(led.told_removed(4), 0);
  ASSERT_TRUE(led.change({voter(1), voter(2), voter(3)}));
  led.turn();
  EXPECT_EQ(led.told_removed(4), 1);
}

}  // namespace
}  // namespace holdfast::raft
