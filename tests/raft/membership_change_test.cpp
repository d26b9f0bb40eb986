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

Member joiner(std::uint64_t id, std::uint64_t replaces = 0) {
  return {.id = NodeId(id),
          .votes = false,
          .voted = false,
          .joins = true,
          .replaces = NodeId(replaces)};
}

// "1,2-,3+,4l,5j", as in the dialogues.
std::string text(const Membership& membership) {
  std::string text;
  for (const Member& member : membership.members) {
    text += (text.empty() ? "" : ",") + std::to_string(member.id.value());
    if (member.votes != member.voted) text += member.votes ? "+" : "-";
    if (!member.votes && !member.voted) text += member.joins ? "j" : "l";
  }
  return text;
}

struct ChangeCase {
  const char* what;
  std::vector<Member> target;
  std::string at_once;  // what is appended
  std::string in_the_end;
};

// A cluster of the voters 1 to 3 and the learner 4.
TEST(MembershipChange, ByItsTarget_IsJointIfVotersDiffer) {
  const std::vector<ChangeCase> cases = {
      {"nothing", {voter(1), voter(2), voter(3), learner(4)}, "1,2,3,4l", "1,2,3,4l"},
      {"a learner goes", {voter(1), voter(2), voter(3)}, "1,2,3", "1,2,3"},
      {"a learner comes",
       {voter(1), voter(2), voter(3), learner(4), learner(5)},
       "1,2,3,4l,5l",
       "1,2,3,4l,5l"},
      {"a learner joins, and is made a voter for that",
       {voter(1), voter(2), voter(3), joiner(4)},
       "1,2,3,4j",
       "1,2,3,4"},
      {"a learner becomes a voter",
       {voter(1), voter(2), voter(3), voter(4)},
       "1,2,3,4+",
       "1,2,3,4"},
      {"a voter becomes a learner, but votes until the end",
       {voter(1), voter(2), learner(3), learner(4)},
       "1,2,3-,4l",
       "1,2,3l,4l"},
      {"a voter goes", {voter(1), voter(2), learner(4)}, "1,2,3-,4l", "1,2,4l"},
      {"a learner goes with a voter", {voter(1), voter(2)}, "1,2,3-,4l", "1,2"},
      {"all but one go", {voter(1)}, "1,2-,3-,4l", "1"},
      {"a voter, the leader itself, that is said to join",
       {{.id = NodeId(1), .joins = true}, voter(2), voter(3), learner(4)},
       "1,2,3,4l",
       "1,2,3,4l"},
      {"two come and two go", {voter(1), voter(4), voter(5)}, "1,2-,3-,4+,5+", "1,4,5"},
      {"one joins in another's place",
       {voter(1), voter(2), voter(3), joiner(4, 3)},
       "1,2,3,4j",
       "1,2,4"},
  };
  for (const ChangeCase& c : cases) {
    SCOPED_TRACE(c.what);
    Led led(3);
    ASSERT_TRUE(led.change({voter(1), voter(2), voter(3), learner(4)}));
    led.turn();
    const auto changed = led.change(c.target);
    ASSERT_TRUE(changed) << static_cast<int>(changed.error());
    EXPECT_EQ(text(led.core().membership()), c.at_once);
    led.turn();
    EXPECT_EQ(text(led.core().membership()), c.in_the_end);
    EXPECT_EQ(led.core().commit_index(), led.core().log().last_index());
  }
}

TEST(MembershipChange, ToNobodyWhoVotes_IsRefused) {
  Led led(3);
  for (const std::vector<Member>& target :
       {std::vector<Member>{}, {learner(1), learner(2)}, {joiner(1)}}) {
    EXPECT_EQ(led.change(target), std::unexpected(Refusal::kLosesQuorum));
  }
  EXPECT_EQ(text(led.core().membership()), "1,2,3");
}

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
