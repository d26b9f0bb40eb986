#include <gtest/gtest.h>

#include <deque>

#include "raft/core.hpp"

namespace holdfast::raft {
namespace {

using std::chrono::milliseconds;

Config config_of(std::uint64_t id) {
  Config config;
  config.id = NodeId(id);
  config.voters = {NodeId(1), NodeId(2)};
  config.seed = id;
  config.append_entries_max = 100;
  return config;
}

// `count` entries in runs of `run` entries of a term each, terms `first`, `first`+`step` …
std::vector<Entry> log_of(std::size_t count, std::size_t run, std::uint64_t first,
                          std::uint64_t step) {
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries.push_back({Term(first + i / run * step), EntryKind::kCommand, Payload("x")});
  }
  return entries;
}

// Two nodes; the messages of a round all arrive before those of the next are sent.
struct RoundTrips {
  RoundTrips(Restored leader, Restored follower)
      : cores{Core(config_of(1), std::move(leader), now),
              Core(config_of(2), std::move(follower), now)} {}

  // Runs until the follower's log is matched; how many requests were refused before that.
  int refusals_until_matched() {
    int refused = 0;
    for (int round = 0; round < 200 && !is_matched(); ++round) {
      // Only the first may campaign: the follower's clock stands still.
      now += milliseconds(10);
      cores[0].tick(now);
      std::deque<Envelope> wire;
      for (Core& core : cores) {
        Effects effects = core.take_effects(now);
        for (const Persist& batch : effects.persist) core.persisted(now, batch.ticket);
        Effects more = core.take_effects(now);
        for (const auto& list : {effects.messages, more.messages}) {
          wire.insert(wire.end(), list.begin(), list.end());
        }
      }
      for (const Envelope& envelope : wire) {
        const auto* response = std::get_if<AppendResponse>(&envelope.message);
        refused += response != nullptr && !response->accepted ? 1 : 0;
        cores[envelope.to.value() - 1].receive(now, envelope);
      }
    }
    EXPECT_TRUE(is_matched());
    return refused;
  }
  bool is_matched() {
    const auto matches = cores[0].matches();
    return !matches.empty() && matches.at(NodeId(2)) == cores[0].log().last_index();
  }

  Instant now{std::chrono::seconds(1)};
  std::vector<Core> cores;
};

TEST(Backtracking, FollowerAThousandEntriesAndFiftyTermsBehind_IsMatchedInAHandfulOfRoundTrips) {
  RoundTrips pair({.hard_state = {Term(60), NodeId()}, .entries = log_of(1000, 20, 1, 1)},
                  {.hard_state = {Term(60), NodeId()}, .entries = {}});
  EXPECT_LE(pair.refusals_until_matched(), 1);
}

// Raft §5.3's hint alone would need a round trip for each of the fifty terms.
TEST(Backtracking, LogsThatDivergedOverFiftyTerms_AreMatchedInAHandfulOfRoundTrips) {
  auto mine = log_of(1000, 20, 2, 2);
  auto theirs = log_of(1000, 20, 1, 2);
  for (std::size_t i = 0; i < 10; ++i) mine[i].term = theirs[i].term = Term(1);
  RoundTrips pair({.hard_state = {Term(200), NodeId()}, .entries = std::move(mine)},
                  {.hard_state = {Term(200), NodeId()}, .entries = std::move(theirs)});
  EXPECT_LE(pair.refusals_until_matched(), 3);
}

TEST(Backtracking, MoreTermsThanOneAnswerHolds_AreStillFew) {
  auto mine = log_of(2000, 2, 2, 2);
  auto theirs = log_of(1999, 2, 1, 2);
  RoundTrips pair({.hard_state = {Term(4000), NodeId()}, .entries = std::move(mine)},
                  {.hard_state = {Term(4000), NodeId()}, .entries = std::move(theirs)});
  EXPECT_LE(pair.refusals_until_matched(), 2 + 1000 / static_cast<int>(kTermRunsMax));
}

}  // namespace
}  // namespace holdfast::raft
