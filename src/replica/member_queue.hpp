#pragma once

#include <optional>
#include <string>
#include <vector>

#include "raft/core.hpp"
#include "replica/types.hpp"

namespace holdfast::replica {

// What an operator asks of the membership. Asked again it does no harm.
struct MemberRequest {
  enum class Kind : std::uint8_t {
    kAdd,         // as a learner first; it becomes a voter by itself when it has caught up
    kAddLearner,  // for good
    kPromote,     // a learner becomes a voter when it has caught up
    kRemove,
    kReplace,  // kAdd, and `replaces` goes in the same step
    kMove,     // a member has another address
  };
  Kind kind = Kind::kAdd;
  NodeId node;
  std::string address;
  NodeId replaces;
};

// The requests for changes of the membership that this node, as the leader, was given. One is
// carried out at a time, but one that waits for a node to catch up keeps none of those behind it
// from being carried out: that node may never answer, and its removal may be what is asked for
// next. Each is answered when what it asked for is committed, or cannot be.
class MemberQueue {
 public:
  explicit MemberQueue(const Config& config) : config_(config) {}

  void add(Instant now, RequestKey key, MemberRequest request);
  void step(Instant now, raft::Core& core);
  void forget_client(std::uint64_t client);

  Instant next_deadline() const;
  std::vector<Completion> take_completions() { return std::exchange(completions_, {}); }

 private:
  struct Waiting {
    RequestKey key;
    MemberRequest request;
    Instant deadline;
    bool is_begun = false;      // something of it is in the log, perhaps
    raft::Position proof = {};  // of what is so already: when it is committed, we did lead
  };
  // Nothing: it goes on. `may_change`: no request before this one is to change something first.
  std::optional<kv::Reply> try_to_finish(Instant now, raft::Core& core, Waiting& waiting,
                                         bool& may_change);
  static bool is_proved(raft::Core& core, Waiting& waiting);
  kv::Reply too_late(const raft::Core& core, const Waiting& waiting) const;

  const Config& config_;
  std::vector<Waiting> waiting_;
  std::vector<Completion> completions_;
};

}  // namespace holdfast::replica
