#include "replica/member_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::replica {
namespace {

using Kind = MemberRequest::Kind;
using testing::HasSubstr;

// Node 1, a cluster of itself: what it proposes is committed at once. Others never answer.
class MemberQueueTest : public testing::Test {
 protected:
  MemberQueueTest() : core_(raft_config(), {}, now_), queue_(config_) {
    now_ = core_.next_deadline();
    core_.tick(now_);
    run();
  }

  static raft::Config raft_config() {
    raft::Config config;
    config.id = NodeId(1);
    config.voters = {NodeId(1)};
    return config;
  }
  void add(std::uint64_t request, Kind kind, std::uint64_t node) {
    MemberRequest change;
    change.kind = kind;
    change.node = NodeId(node);
    change.address = "n" + std::to_string(node) + ":1";
    queue_.add(now_, {1, request}, std::move(change));
    run();
  }
  // Until nothing happens any more.
  void run() {
    for (int turn = 0; turn < 5; ++turn) {
      queue_.step(now_, core_);
      for (const raft::Persist& batch : core_.take_effects(now_).persist) {
        core_.persisted(now_, batch.ticket);
      }
    }
    for (Completion& done : queue_.take_completions()) {
      answers_[done.key.request] = std::move(done.reply);
    }
  }
  std::string error(std::uint64_t request) const {
    const auto found = answers_.find(request);
    return found == answers_.end() ? "" : std::get<kv::Reply::Error>(found->second.value).text;
  }

  Config config_;
  Instant now_{std::chrono::seconds(1)};
  raft::Core core_;
  MemberQueue queue_;
  std::map<std::uint64_t, kv::Reply> answers_;
};

TEST_F(MemberQueueTest, NodeThatNeverCatchesUp_CanBeRemovedAtOnce) {
  add(1, Kind::kAdd, 4);
  EXPECT_TRUE(core_.membership().contains(NodeId(4)));
  EXPECT_FALSE(answers_.contains(1)) << "it has nothing yet";
  add(2, Kind::kRemove, 4);
  EXPECT_EQ(answers_.at(2), kv::Reply::ok());
  EXPECT_FALSE(core_.membership().contains(NodeId(4))) << "nor was it added again";
  EXPECT_THAT(error(1), HasSubstr("node 4 was removed again"));
}

TEST_F(MemberQueueTest, ThoseBehindANodeThatCatchesUp_AreCarriedOut) {
  add(1, Kind::kAdd, 4);
  add(2, Kind::kAddLearner, 5);
  add(3, Kind::kMove, 4);
  EXPECT_EQ(answers_.at(2), kv::Reply::ok());
  EXPECT_EQ(answers_.at(3), kv::Reply::ok());
  EXPECT_FALSE(answers_.contains(1));
}

// A leader whom the others have replaced must not say what has been so.
TEST_F(MemberQueueTest, WhatIsSoAlready_IsAnsweredWhenThatIsProved) {
  const Index before = core_.commit_index();
  add(1, Kind::kRemove, 9);
  EXPECT_EQ(answers_.at(1), kv::Reply::ok());
  EXPECT_GT(core_.commit_index(), before);

  add(2, Kind::kAdd, 4);
  add(3, Kind::kAddLearner, 5);
  MemberRequest again;
  again.kind = Kind::kAddLearner;
  again.node = NodeId(5);
  again.address = "n5:1";
  queue_.add(now_, {1, 4}, again);
  queue_.step(now_, core_);
  const raft::Effects unwritten = core_.take_effects(now_);
  queue_.step(now_, core_);
  EXPECT_TRUE(queue_.take_completions().empty()) << "nothing is on disk that would prove it";
  for (const raft::Persist& batch : unwritten.persist) core_.persisted(now_, batch.ticket);
  run();
  EXPECT_EQ(answers_.at(4), kv::Reply::ok());
}

TEST_F(MemberQueueTest, EachRequest_HasATimeOfItsOwn) {
  add(1, Kind::kAdd, 4);
  const Instant first = queue_.next_deadline();
  now_ += std::chrono::seconds(1);
  add(2, Kind::kAdd, 5);
  EXPECT_EQ(queue_.next_deadline(), first);
  now_ = first;
  run();
  EXPECT_THAT(error(1), HasSubstr("TRYAGAIN node 4 is a learner and has 0 of "));
  EXPECT_FALSE(answers_.contains(2));
  EXPECT_EQ(queue_.next_deadline(), first + std::chrono::seconds(1));
}

}  // namespace
}  // namespace holdfast::replica
