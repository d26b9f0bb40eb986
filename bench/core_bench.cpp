// Consensus alone: cores whose network and disks take no time. Items are entries of the log.

#include <benchmark/benchmark.h>

#include <utility>
#include <vector>

#include "base/check.hpp"
#include "raft/core.hpp"

namespace holdfast {
namespace {

const Payload kPayload(std::string(100, 'p'));
// So often the log is compacted, so that it does not grow with the iterations.
constexpr std::uint64_t kCompactEvery = 1024;

raft::Config config_of(NodeId id) {
  raft::Config config;
  config.id = id;
  config.voters = {NodeId(1), NodeId(2), NodeId(3)};
  config.seed = id.value();
  config.log_tail_bytes = 0;  // each compaction moves the tail
  return config;
}

class Trio {
 public:
  Trio() {
    for (const NodeId id : config_of(NodeId(1)).voters) {
      cores_.emplace_back(config_of(id), raft::Restored{}, now_);
    }
    while (leader_ == nullptr) {
      now_ += std::chrono::milliseconds(1);
      settle();
      for (raft::Core& core : cores_) {
        if (core.is_leader()) leader_ = &core;
      }
    }
  }

  // Until all have committed it. False if they haven't.
  bool commit(const Payload& payload) {
    const auto index = leader_->propose(payload);
    settle();
    if (!index || leader_->commit_index() < *index) return false;
    if (index->value() % kCompactEvery != 0) return true;
    for (raft::Core& core : cores_) core.compact(core.commit_index());
    return true;
  }

  raft::Core& leader() { return *leader_; }
  Instant now() const { return now_; }

 private:
  void settle() {
    for (bool is_busy = true; is_busy;) {
      is_busy = false;
      for (raft::Core& core : cores_) is_busy = turn(core) || is_busy;
      for (const raft::Envelope& envelope : std::exchange(mail_, {})) {
        cores_[envelope.to.value() - 1].receive(now_, envelope);
      }
    }
  }
  // Whether anything came of it.
  bool turn(raft::Core& core) {
    if (now_ >= core.next_deadline()) core.tick(now_);
    raft::Effects effects = core.take_effects(now_);
    for (const raft::Persist& batch : effects.persist) core.persisted(now_, batch.ticket);
    for (raft::Envelope& envelope : effects.messages) mail_.push_back(std::move(envelope));
    return !effects.persist.empty() || !effects.messages.empty() || !effects.committed.empty();
  }

  Instant now_;
  std::vector<raft::Core> cores_;
  raft::Core* leader_ = nullptr;
  std::vector<raft::Envelope> mail_;
};

// All that three nodes do for an entry: proposal, messages, answers, commit.
void commit(benchmark::State& state) {
  Trio trio;
  for (auto _ : state) {
    if (!trio.commit(kPayload)) state.SkipWithError("it is not committed");
  }
  state.SetItemsProcessed(state.iterations());
}

// A follower takes a message with as many entries as the argument says, and answers it.
void follower_appends(benchmark::State& state) {
  const Instant now;
  raft::Core core(config_of(NodeId(2)), raft::Restored{}, now);
  const std::vector<raft::Entry> entries(static_cast<std::size_t>(state.range(0)),
                                         {Term(1), raft::EntryKind::kCommand, kPayload});
  raft::Envelope envelope{NodeId(1), NodeId(2),
                          raft::AppendRequest{.term = Term(1), .entries = entries}};
  auto& request = std::get<raft::AppendRequest>(envelope.message);
  std::uint64_t compacted = 0;
  for (auto _ : state) {
    core.receive(now, envelope);
    for (const raft::Persist& batch : core.take_effects(now).persist) {
      core.persisted(now, batch.ticket);
    }
    const raft::Effects effects = core.take_effects(now);
    CHECK(effects.messages.size() == 1);
    request.commit = request.prev_index = core.log().last_index();
    request.prev_term = Term(1);
    if (core.commit_index().value() < compacted + kCompactEvery) continue;
    compacted = core.commit_index().value();
    core.compact(core.commit_index());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

raft::Envelope acknowledged(const raft::Core& leader, NodeId from, Index match) {
  return {from, leader.id(),
          raft::AppendResponse{.term = leader.term(), .accepted = true, .match = match}};
}

// The leader takes both followers' answers for an entry, and commits it with the first.
void leader_counts_acks(benchmark::State& state) {
  constexpr std::int64_t kAtOnce = 32;
  Trio trio;
  CHECK(trio.commit(kPayload));
  raft::Core& leader = trio.leader();
  for (auto _ : state) {
    state.PauseTiming();
    leader.compact(leader.commit_index());
    std::vector<raft::Envelope> answers;
    for (std::int64_t i = 0; i < kAtOnce; ++i) {
      const auto index = leader.propose(kPayload);
      CHECK(index.has_value());
      for (const raft::Persist& batch : leader.take_effects(trio.now()).persist) {
        leader.persisted(trio.now(), batch.ticket);
      }
      for (const auto& [peer, match] : leader.matches()) {
        answers.push_back(acknowledged(leader, peer, *index));
      }
    }
    CHECK(answers.size() == 2 * kAtOnce);
    state.ResumeTiming();
    for (const raft::Envelope& answer : answers) {
      leader.receive(trio.now(), answer);
      benchmark::DoNotOptimize(leader.take_effects(trio.now()));
    }
    CHECK(leader.commit_index() == leader.log().last_index());
  }
  state.SetItemsProcessed(state.iterations() * kAtOnce);
}

BENCHMARK(commit);
BENCHMARK(follower_appends)->Arg(1)->Arg(16);
BENCHMARK(leader_counts_acks);

}  // namespace
}  // namespace holdfast
