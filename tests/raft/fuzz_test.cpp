#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "raft/core.hpp"

namespace holdfast::raft {
namespace {

constexpr std::uint64_t kNodes = 3;
constexpr int kSeeds = 2000;
constexpr int kMessages = 600;

// Messages of every kind with numbers near those in force, so that most get past the first checks,
// and sometimes far away.
class Nonsense {
 public:
  explicit Nonsense(std::uint64_t seed) : prng_(seed) {}

  Message message(const Core& core) {
    const Term term(near(core.term().value()));
    switch (prng_.below(10)) {
      case 0:
        return VoteRequest{term, index(core), Term(near(core.term().value())), flip(), flip()};
      case 1:
        return VoteResponse{term, flip(), flip()};
      case 2:
        return append(core, term);
      case 3:
        return append_response(core, term);
      case 4:
        return Heartbeat{term, index(core), Round(near(3))};
      case 5:
        return HeartbeatResponse{term, Round(near(3)), index(core)};
      case 6:
        return ReadIndexRequest{term, near(5)};
      case 7:
        return ReadIndexResponse{term, near(5), flip(), index(core)};
      case 8:
        return prng_.below(8) == 0 ? Message(Removed{term}) : Message(TimeoutNow{term});
      default:
        return Heartbeat{term, index(core), Round(near(3))};
    }
  }
  // Of some of the nodes; there is a voter.
  Membership membership() {
    Membership membership;
    for (std::uint64_t id = 1; id <= kNodes; ++id) {
      if (prng_.below(3) == 0) continue;
      const bool votes = flip();
      membership.members.push_back({.id = NodeId(id),
                                    .votes = votes,
                                    .joins = !votes && flip(),
                                    .replaces = NodeId(near(1))});
    }
    if (membership.members.empty()) membership.members.push_back({.id = NodeId(1)});
    membership.members.front().votes = true;
    return membership;
  }
  // Of an entry near the end, of a term that was heard of.
  SnapshotMeta snapshot(const Core& core) {
    const Position last{index(core), Term(1 + prng_.below(core.term().value() + 1))};
    return {last, membership()};
  }
  std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }

 private:
  bool flip() { return prng_.below(2) == 0; }
  std::uint64_t near(std::uint64_t value) {
    if (prng_.below(500) == 0) return prng_.next();
    return value + prng_.below(4) - std::min<std::uint64_t>(value, prng_.below(3));
  }
  Index index(const Core& core) { return Index(near(core.log().last_index().value())); }
  Message append(const Core& core, Term term) {
    AppendRequest request{
        term, index(core), Term(near(core.log().last_term().value())), index(core), {}};
    for (std::uint64_t i = prng_.below(4); i > 0; --i) {
      request.entries.push_back({Term(near(term.value())), EntryKind::kCommand, Payload("x")});
      if (prng_.below(4) != 0) continue;
      request.entries.back().kind = EntryKind::kMembership;
      request.entries.back().payload =
          flip() ? Payload(encode(membership())) : Payload("no membership");
    }
    return request;
  }
  Message append_response(const Core& core, Term term) {
    AppendResponse response{term, flip(), index(core), index(core), index(core), {}};
    for (std::uint64_t i = prng_.below(4); i > 0; --i) {
      response.runs.push_back({Term(near(term.value())), index(core)});
    }
    return response;
  }

  Prng prng_;
};

// Each term has one leader, or the core would stop at once, as it should.
NodeId sender_of(const Message& message, Nonsense& nonsense) {
  const auto* append = std::get_if<AppendRequest>(&message);
  const auto* heartbeat = std::get_if<Heartbeat>(&message);
  if (append != nullptr) return NodeId(2 + append->term.value() % 2);
  if (heartbeat != nullptr) return NodeId(2 + heartbeat->term.value() % 2);
  return NodeId(2 + nonsense.below(2));
}

bool claims_our_term(const Core& core, const Message& message) {
  const bool from_leader =
      std::holds_alternative<AppendRequest>(message) || std::holds_alternative<Heartbeat>(message);
  return core.is_leader() && from_leader &&
         std::visit([](const auto& m) { return m.term; }, message) == core.term();
}

// Votes for it, so that it comes to lead.
void elect(Core& core, Instant now, const Envelope& envelope) {
  const auto* request = std::get_if<VoteRequest>(&envelope.message);
  if (request == nullptr) return;
  core.receive(now, {envelope.to, envelope.from, VoteResponse{request->term, request->pre, true}});
}

// What a host asks of a core, with numbers as it may use them. `applied` is what it was handed.
void ask(Core& core, Instant now, Nonsense& nonsense, Index& applied) {
  const NodeId peer(1 + nonsense.below(kNodes));
  switch (nonsense.below(60)) {
    case 0:
      return static_cast<void>(core.transfer(now, NodeId(nonsense.below(kNodes + 1))));
    case 1:
      return static_cast<void>(core.change_membership(now, nonsense.membership()));
    case 2:
      return core.compact(Index(nonsense.below(applied.value() + 1)));
    case 3:
      return core.snapshot_sent(peer, applied);
    case 4:
      return core.peer_lost(now, peer);
    case 5:
      return core.link_reset(peer);
    case 6:
      // A leader that lacks what is committed stops, as it should.
      if (core.is_leader()) return;
      if (const SnapshotMeta meta = nonsense.snapshot(core); core.install(now, meta)) {
        applied = meta.last.index;
      }
      return;
    default:
      if (nonsense.below(8) == 0) core.tick(now);
      if (nonsense.below(8) == 0) static_cast<void>(core.propose(Payload("p")));
      if (nonsense.below(8) == 0) core.read(nonsense.below(6));
  }
}

// A peer that lies may break safety (Raft is not Byzantine), but it must not bring a node down:
// every CHECK in the core is a crash here.
TEST(Core, NonsenseFromPeers_NeverCrashesIt) {
  int turns_led = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    Nonsense nonsense(seed);
    Config config;
    config.id = NodeId(1);
    for (std::uint64_t id = 1; id <= kNodes; ++id) config.voters.push_back(NodeId(id));
    config.seed = seed;
    Instant now(std::chrono::seconds(1));
    Core core(config, {}, now);
    Ticket given;
    Index applied;
    for (int i = 0; i < kMessages; ++i) {
      now += Duration(nonsense.below(50'000));
      const Message message = nonsense.message(core);
      if (!claims_our_term(core, message)) {
        core.receive(now, {sender_of(message, nonsense), NodeId(1), message});
      }
      ask(core, now, nonsense, applied);
      const Effects effects = core.take_effects(now);
      for (const Committed& next : effects.committed) applied = next.index;
      for (const Persist& batch : effects.persist) given = batch.ticket;
      for (const Envelope& envelope : effects.messages) elect(core, now, envelope);
      if (given && nonsense.below(2) == 0) core.persisted(now, given);
      core.check_invariants();
      turns_led += core.is_leader() ? 1 : 0;
    }
    EXPECT_FALSE(core.fault()) << *core.fault();
  }
  EXPECT_GT(turns_led, kSeeds / 2) << "it must come through all roles";
}

}  // namespace
}  // namespace holdfast::raft
