#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/network.hpp"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

// Sends so many messages over one link, one a second, and gathers their delays.
class DelaysOf : private Network::Host {
 public:
  DelaysOf(const Weather& weather, const raft::Message& message) {
    network_.set_weather(weather);
    for (std::size_t n = 0; n < kMessages; ++n) {
      sent_ = events_.now();
      network_.send(NodeId(1), NodeId(2), message);
      events_.run_until(sent_ + 3s);
    }
    std::ranges::sort(delays_);
  }

  double share_arrived() const { return share(delays_.size()); }
  double share_later_than(Duration delay) const {
    return share(
        static_cast<std::size_t>(delays_.end() - std::ranges::upper_bound(delays_, delay)));
  }
  Duration shortest() const { return delays_.front(); }
  Duration longest() const { return delays_.back(); }

 private:
  static constexpr std::size_t kMessages = 20'000;
  static double share(std::size_t count) { return static_cast<double>(count) / kMessages; }

  void frame_arrived(NodeId, NodeId, std::string_view) override {
    delays_.push_back(events_.now() - sent_);
  }
  void link_was_reset(NodeId, NodeId) override {}
  void peer_was_lost(NodeId, NodeId) override {}

  Events events_;
  Network network_{events_, Dice(1), *this};
  Instant sent_;
  std::vector<Duration> delays_;
};

TEST(MitNetwork, Reliable_AllArriveAtOnce) {
  const DelaysOf requests(mit_reliable(), raft::VoteRequest{});
  EXPECT_EQ(requests.share_arrived(), 1);
  EXPECT_LE(requests.longest(), 200us);
}

TEST(MitNetwork, UnreliableRequest_TakesUpTo26MsAndOneInTenIsLost) {
  const DelaysOf requests(mit_unreliable(), raft::VoteRequest{});
  EXPECT_NEAR(requests.share_arrived(), 0.9, 0.01);
  EXPECT_LE(requests.shortest(), 100us);
  EXPECT_LE(requests.longest(), 26ms);
  EXPECT_NEAR(requests.share_later_than(13ms), 0.45, 0.02);
}

TEST(MitNetwork, UnreliableReply_ComesAtOnceAndOneInTenIsLost) {
  const DelaysOf replies(mit_unreliable(), raft::VoteResponse{});
  EXPECT_NEAR(replies.share_arrived(), 0.9, 0.01);
  EXPECT_LE(replies.longest(), 200us);
}

TEST(MitNetwork, LongReordering_HoldsTwoRepliesOfThree) {
  const DelaysOf replies(mit_long_reordering(), raft::VoteResponse{});
  EXPECT_NEAR(replies.share_arrived(), 0.9, 0.01);
  EXPECT_NEAR(replies.share_later_than(1ms), 0.6, 0.01);
  EXPECT_NEAR(replies.share_later_than(199ms), 0.6, 0.01);
  EXPECT_LE(replies.longest(), 2199ms + 200us);
  // 200 + rand(1 + rand(2000)) ms: half of the held ones come within about 573 ms.
  EXPECT_NEAR(replies.share_later_than(573ms), 0.3, 0.02);
}

TEST(MitNetwork, LongReordering_LeavesRequestsAlone) {
  const DelaysOf requests(mit_long_reordering(), raft::VoteRequest{});
  EXPECT_LE(requests.longest(), 26ms);
}

}  // namespace
}  // namespace holdfast::sim
