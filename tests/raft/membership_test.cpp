#include "raft/membership.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/prng.hpp"

namespace holdfast::raft {
namespace {

using Ids = std::vector<std::uint64_t>;

// Voters of the set that is adopted and of the one that is left. Who is in neither is a learner.
Membership members(const Ids& votes, const Ids& voted, const Ids& learners = {}) {
  std::map<std::uint64_t, Member> all;
  for (const Ids* ids : {&votes, &voted, &learners}) {
    for (const std::uint64_t id : *ids) {
      all[id] = {.id = NodeId(id), .votes = false, .voted = false};
    }
  }
  for (const std::uint64_t id : votes) all[id].votes = true;
  for (const std::uint64_t id : voted) all[id].voted = true;
  Membership membership;
  for (const auto& [id, member] : all) membership.members.push_back(member);
  return membership;
}

// What each node has reached; of the others nothing is known.
struct CommitCase {
  Ids votes;
  Ids voted;
  std::map<std::uint64_t, std::uint64_t> reached;
  std::uint64_t by_quorum;
};

TEST(Quorum, IndexReached_IsThatOfAMajorityOfEachSet) {
  const std::vector<CommitCase> cases = {
      // one set: none, one, two … of those known
      {{}, {}, {}, 0},
      {{1}, {1}, {}, 0},
      {{1}, {1}, {{1, 12}}, 12},
      {{1, 2}, {1, 2}, {}, 0},
      {{1, 2}, {1, 2}, {{1, 12}}, 0},
      {{1, 2}, {1, 2}, {{1, 12}, {2, 5}}, 5},
      {{1, 2, 3}, {1, 2, 3}, {{1, 12}}, 0},
      {{1, 2, 3}, {1, 2, 3}, {{1, 12}, {2, 5}}, 5},
      {{1, 2, 3}, {1, 2, 3}, {{1, 12}, {2, 5}, {3, 6}}, 6},
      {{1, 2, 3}, {1, 2, 3}, {{1, 5}, {2, 5}, {3, 6}}, 5},
      {{1, 2, 3, 4}, {1, 2, 3, 4}, {{1, 12}, {2, 5}}, 0},
      {{1, 2, 3, 4}, {1, 2, 3, 4}, {{1, 12}, {2, 5}, {3, 6}}, 5},
      {{1, 2, 3, 4}, {1, 2, 3, 4}, {{1, 12}, {2, 12}, {3, 12}, {4, 5}}, 12},
      {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}, {{1, 101}, {2, 101}, {3, 103}, {4, 104}}, 101},
      {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}, {{1, 101}, {2, 102}, {3, 103}, {4, 104}, {5, 9}}, 102},
      {{1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 4, 5, 6, 7}, {{1, 1}, {2, 2}, {3, 3}, {4, 4}}, 1},
      // who is in neither set counts for nothing
      {{1, 2}, {1, 2}, {{1, 12}, {2, 5}, {3, 100}, {4, 100}}, 5},
      // two sets: the lower of both
      {{1, 2, 3}, {4, 5, 6}, {{1, 100}, {2, 101}, {3, 99}}, 0},
      {{1, 2, 3}, {4, 5, 6}, {{1, 100}, {2, 101}, {3, 99}, {4, 50}, {5, 60}}, 50},
      {{1, 2, 3}, {4, 5, 6}, {{1, 10}, {2, 11}, {3, 9}, {4, 50}, {5, 60}}, 10},
      {{1, 2, 3}, {3, 4, 5}, {{1, 100}, {2, 101}, {3, 99}, {4, 98}, {5, 97}}, 98},
      {{1, 2, 3}, {3, 4, 5}, {{3, 100}}, 0},
      {{1, 2, 3}, {3, 4, 5}, {{2, 7}, {3, 100}, {4, 8}}, 7},
      {{1}, {1, 2}, {{1, 12}}, 0},
      {{1}, {1, 2}, {{1, 12}, {2, 4}}, 4},
      {{1, 2}, {1}, {{1, 12}}, 0},
      {{2}, {1}, {{1, 12}}, 0},
      {{2}, {1}, {{1, 12}, {2, 13}}, 12},
      {{1, 2, 3}, {1, 2, 3, 4}, {{1, 5}, {2, 5}}, 0},
      {{1, 2, 3}, {1, 2, 3, 4}, {{1, 5}, {2, 5}, {4, 4}}, 4},
  };
  for (const CommitCase& c : cases) {
    const Membership membership = members(c.votes, c.voted);
    const auto reached = [&](NodeId node) {
      const auto known = c.reached.find(node.value());
      return Index(known == c.reached.end() ? 0 : known->second);
    };
    EXPECT_EQ(membership.reached_by_quorum(reached), Index(c.by_quorum)) << to_string(membership);
  }
}

struct VoteCase {
  Ids votes;
  Ids voted;
  Ids granted;
  bool wins;
};

TEST(Quorum, Votes_AreCountedInEachSet) {
  const std::vector<VoteCase> cases = {
      {{}, {}, {}, false},
      {{}, {}, {1, 2, 3}, false},
      {{1}, {1}, {}, false},
      {{1}, {1}, {1}, true},
      {{1}, {1}, {2, 3}, false},
      {{1, 2}, {1, 2}, {1}, false},
      {{1, 2}, {1, 2}, {1, 2}, true},
      {{1, 2, 3}, {1, 2, 3}, {2}, false},
      {{1, 2, 3}, {1, 2, 3}, {2, 3}, true},
      {{1, 2, 3}, {1, 2, 3}, {2, 4, 5}, false},
      {{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2}, false},
      {{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 4}, true},
      {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}, {1, 5}, false},
      {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}, {1, 3, 5}, true},
      {{1, 2, 3}, {4, 5, 6}, {1, 2, 3}, false},
      {{1, 2, 3}, {4, 5, 6}, {4, 5, 6}, false},
      {{1, 2, 3}, {4, 5, 6}, {1, 2, 4}, false},
      {{1, 2, 3}, {4, 5, 6}, {1, 2, 5, 6}, true},
      {{1, 2, 3}, {3, 4, 5}, {1, 3, 5}, true},
      {{1, 2, 3}, {3, 4, 5}, {1, 2, 4}, false},
      {{1, 2, 3}, {3, 4, 5}, {3}, false},
      {{1, 2}, {1}, {1}, false},
      {{1}, {1, 2}, {1}, false},
      {{1}, {1, 2}, {1, 2}, true},
      {{2}, {1}, {2}, false},
      {{2}, {1}, {1, 2}, true},
  };
  for (const VoteCase& c : cases) {
    const Membership membership = members(c.votes, c.voted);
    const auto grants = [&](NodeId node) {
      return std::ranges::find(c.granted, node.value()) != c.granted.end();
    };
    EXPECT_EQ(membership.has_quorum(grants), c.wins) << to_string(membership);
  }
}

// By definition: more than half of each set.
TEST(Quorum, AnyMembershipAndAnyNodes_AsByDefinition) {
  Prng prng(1);
  for (int i = 0; i < 20'000; ++i) {
    Ids sets[3];
    for (Ids& set : sets) {
      for (std::uint64_t id = 1; id <= 7; ++id) {
        if (prng.below(2) == 0) set.push_back(id);
      }
    }
    if (sets[0].empty() || sets[1].empty()) continue;
    const auto more_than_half = [&](const Ids& voters) {
      const auto grants = [&](std::uint64_t id) {
        return std::ranges::find(sets[2], id) != sets[2].end();
      };
      return 2 * static_cast<std::size_t>(std::ranges::count_if(voters, grants)) > voters.size();
    };
    const bool expected = more_than_half(sets[0]) && more_than_half(sets[1]);
    const auto grants = [&](NodeId node) {
      return std::ranges::find(sets[2], node.value()) != sets[2].end();
    };
    ASSERT_EQ(members(sets[0], sets[1], {7}).has_quorum(grants), expected);
  }
}

TEST(Membership, AfterAChange_TheNewSetDecidesAlone) {
  Membership joint = members({1, 3}, {1, 2}, {4, 5});
  joint.members[1].leaves = true;
  joint.members[4].joins = true;
  EXPECT_TRUE(joint.is_joint());
  EXPECT_TRUE(joint.is_voter(NodeId(2)) && joint.is_voter(NodeId(3)));
  EXPECT_FALSE(joint.is_voter(NodeId(4)) || joint.is_voter(NodeId(9)));
  const Membership after = joint.after_change();
  Membership expected = members({1, 3}, {1, 3}, {4, 5});
  expected.members[3].joins = true;
  EXPECT_EQ(after, expected);
  EXPECT_EQ(after.after_change(), after);
}

Membership full() {
  Membership membership = members({1, 3}, {1, 2}, {4});
  membership.members[0].address = "10.0.0.1:7000";
  membership.members[1].leaves = true;
  membership.members[3].joins = true;
  membership.members[3].replaces = NodeId(2);
  return membership;
}

TEST(MembershipBytes, OfAnyMembership_AreReadBack) {
  for (const Membership& membership :
       {Membership(), members({1}, {1}), members({1, 2, 3}, {3, 4, 5}, {9}), full()}) {
    EXPECT_EQ(decode_membership(encode(membership)), membership) << to_string(membership);
  }
}

TEST(MembershipBytes, CutOrLonger_AreRefused) {
  const std::string bytes = encode(full());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_membership(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_membership(bytes + '\0'));
}

// Whatever is read can be written again, and keeps the invariants.
TEST(MembershipBytes, WithAnyByteChanged_AreRefusedOrWellFormed) {
  const std::string bytes = encode(full());
  int refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(value);
      const auto membership = decode_membership(changed);
      refused += membership ? 0 : 1;
      if (membership) {
        EXPECT_EQ(encode(*membership), changed);
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(MembershipBytes, OfWhatIsNoMembership_AreRefused) {
  Membership twice = members({1, 2}, {1, 2});
  twice.members[1].id = NodeId(1);
  Membership falling = members({1, 2}, {1, 2});
  std::swap(falling.members[0], falling.members[1]);
  Membership nobody = members({1}, {1});
  nobody.members[0].id = NodeId();
  for (const Membership& membership :
       {twice, falling, nobody, members({}, {}, {1}), members({}, {1}), members({1}, {})}) {
    EXPECT_FALSE(decode_membership(encode(membership))) << to_string(membership);
  }
  std::string other_version = encode(full());
  other_version[0] = 2;
  EXPECT_FALSE(decode_membership(other_version));
  // A count that there are not the bytes for.
  std::string huge = encode(members({1}, {1}));
  for (std::size_t i = 1; i <= 4; ++i) huge[i] = '\xff';
  EXPECT_FALSE(decode_membership(huge));
}

}  // namespace
}  // namespace holdfast::raft
