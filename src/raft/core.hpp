#pragma once

#include <deque>
#include <expected>
#include <map>
#include <set>
#include <variant>

#include "base/planted.hpp"
#include "base/prng.hpp"
#include "raft/effects.hpp"
#include "raft/log.hpp"
#include "raft/membership_log.hpp"
#include "raft/progress.hpp"

namespace holdfast::raft {

enum class Refusal : std::uint8_t {
  kNotLeader,
  kTransferring,  // leadership is being handed over
  // Of a change of the membership:
  kNotYet,      // this leader has not committed an entry of its own term, or has yet to hear of its
                // voters
  kChanging,    // an earlier change is not finished
  kLosesQuorum  // of the voters that there would be, no majority answers
};

// One node's Raft (Ongaro and Ousterhout 2014; Ongaro's thesis): a value without clock, I/O,
// threads or global state. Events go in, effects come out of take_effects(), which ends a turn:
// everything proposed in a turn is persisted by one ticket and sent in as few messages as can be.
//
// What must be on disk before it may be acted on is the core's own concern: votes, and answers
// that promise entries or a term, wait inside until Core::persisted() names their ticket
// (Thesis §10.2.1). The leader's own disk counts like a peer's and runs beside replication.
//
// Invariants (check_invariants):
//  1. commit_index <= last_index; applied (handed out) <= commit_index; durable <= last_index.
//  2. Term and commit index never fall. (Checked where they change.)
//  3. A leader's log only grows, and its last term is its own.
//  4. An answer held back waits for a ticket that is not durable.
//  5. The log begins at or before the snapshot's last entry; the snapshot is committed.
//  6. A leader keeps track of just those peers that are members.
class Core {
 public:
  // Timers as in Config. `restored` is what the disk kept. A log that does not hold the snapshot's
  // last entry is older than the snapshot and is dropped (a crash between the two writes).
  Core(Config config, Restored restored, Instant now);

  // Events. `now` never goes back.
  void tick(Instant now);
  // A message that is bad, stale, for another node or from a stranger is dropped and traced.
  void receive(Instant now, const Envelope& envelope);
  // Everything up to this ticket is durable.
  void persisted(Instant now, Ticket ticket);
  // The connection to the peer broke or was made anew: what was under way may be lost.
  void link_reset(NodeId peer);
  // The peer closed all its connections to us, as the system does for a process that dies. If it
  // is our leader we ask for pre-votes soon, without waiting for the timeout; those who still hear
  // it refuse them, so a link that flaps elects nobody.
  void peer_lost(Instant now, NodeId peer);

  // Adds a command to the log. Its index tells whether it was committed: the entry that is
  // committed at that index has this term, or the command was overwritten.
  // `is_awaited`: by others than this node. They are told at once when it is committed, which takes
  // a message of its own; else with what is sent to them next, a heartbeat at the latest.
  std::expected<Index, Refusal> propose(Payload payload, bool is_awaited = true);
  // Makes `target` the membership, by a joint phase if voters change; `votes` counts in it, and its
  // members' other flags but `joins` and `replaces` are ignored. Done when an entry that is not
  // joint and has this or a higher index is committed; until then further changes are refused.
  // Requires a voter in `target`.
  std::expected<Index, Refusal> change_membership(Instant now, const Membership& target);
  // A snapshot of the state after `last`, which is applied here, is durable: the log before it may
  // go, but for about Config::log_tail_bytes and what peers need that a snapshot was sent to. For
  // their sake the log takes no more than `bytes_for_peers`.
  void compact(Index last, std::size_t bytes_for_peers = SIZE_MAX);
  // A snapshot from elsewhere is durable here, and the host has put it in the place of its state.
  // False if that is not to be done, since what it holds was committed here before; the sender is
  // answered in either case.
  bool install(Instant now, const SnapshotMeta& snapshot);
  // Leader: the peers that need a snapshot, since the log they lack is gone.
  std::vector<NodeId> peers_behind_log() const;
  // Leader: a snapshot that ends here is on its way to the peer. The log behind it is kept until
  // the peer has caught up, is gone or does not answer, or gets another one. Zero: it is on its way
  // no more.
  void snapshot_sent(NodeId peer, Index last);
  // Asks for a linearizable read (Thesis §6.4). `token` is above all earlier ones, and was never
  // used in an earlier life of this node, whose questions may still be answered. It comes back in
  // reads_granted or reads_refused, or never if a message is lost.
  void read(std::uint64_t token);
  // Hands leadership to `target` (Thesis §3.10), or to the most caught-up peer if zero. Given up
  // after election_timeout_min. False if this is no leader or has nobody to hand over to.
  bool transfer(Instant now, NodeId target = {});

  Effects take_effects(Instant now);
  // When tick() is next of use.
  Instant tick_due() const;
  // The same; or long ago, if another turn has committed entries to hand out.
  Instant next_deadline() const;

  NodeId id() const { return config_.id; }
  const Config& config() const { return config_; }
  Term term() const { return hard_state_.term; }
  NodeId voted_for() const { return hard_state_.voted_for; }
  NodeId leader() const;  // as far as is known in this term; zero: none
  bool is_leader() const { return std::holds_alternative<Leader>(role_); }
  bool is_candidate() const { return std::holds_alternative<Candidate>(role_); }
  bool is_pre_candidate() const { return std::holds_alternative<PreCandidate>(role_); }
  bool is_transferring() const;
  const Log& log() const { return log_; }
  Position snapshot() const { return snapshot_; }  // the newest that compact() or install() named
  const Membership& membership() const { return memberships_.current(); }
  Index membership_index() const { return memberships_.current_index(); }
  // In force after the entry at `index`, which is not before the snapshot's last.
  const Membership& membership_at(Index index) const { return memberships_.at(index); }
  // What a snapshot of the state after `index` stands for; `index` is committed and in the log.
  SnapshotMeta meta_at(Index index) const;
  // A leader says that this node is no member any more: it may stop. Until it is one again.
  bool is_removed() const { return removed_; }
  Index commit_index() const { return commit_index_; }
  Index durable_index() const { return durable_index_; }
  // Leader only, else empty: what each peer has on disk.
  std::map<NodeId, Index> matches() const;
  // Evidence that safety is broken (two leaders in one term). The core then does nothing more;
  // its host must stop the node for people to look at.
  const std::optional<std::string>& fault() const { return fault_; }

  void check_invariants() const;

  // Between turns: hands all that decides what this core will do, but its configuration and its
  // jitter, to a visitor that hashes or prints it. Strong types tell the visitor what is a node, a
  // ticket or a time. Private structs among it are aggregates.
  template <class Visitor>
  void describe(Visitor& visit) const {
    visit(hard_state_, log_, snapshot_, memberships_, commit_index_, handed_out_, role_,
          election_deadline_, leader_heard_, verified_, reads_asked_, last_ticket_, durable_ticket_,
          hard_state_ticket_, log_ticket_, hard_state_dirty_, log_reset_, log_dirty_from_,
          durable_index_, pending_, held_, removed_, fault_);
  }

 private:
  struct Follower {
    NodeId leader;
    bool operator==(const Follower&) const = default;
  };
  struct PreCandidate {
    std::set<NodeId> granted;
    bool operator==(const PreCandidate&) const = default;
  };
  struct Candidate {
    std::set<NodeId> granted;
    bool operator==(const Candidate&) const = default;
  };
  struct PendingRead {
    NodeId from;  // zero: our own host
    std::uint64_t token = 0;
    Index index;
    Round round;  // zero: not yet asked for
    bool operator==(const PendingRead&) const = default;
  };
  struct Transfer {
    NodeId target;
    Instant deadline;
    bool told = false;
    bool operator==(const Transfer&) const = default;
  };
  struct SentRound {
    Round round;
    Instant sent;
    bool operator==(const SentRound&) const = default;
  };
  struct Leader {
    std::map<NodeId, Progress> peers;
    std::set<NodeId> dropped;  // are no members any more, and not yet told so
    Index term_start;          // the no-op; no read is answered before it is committed
    Index awaited;             // the last entry that others than this node wait for
    Round round;
    std::deque<SentRound> rounds_sent;  // oldest first; kept for lease reads only
    bool lease_is_void = false;         // a successor was told to campaign, whatever was promised
    Instant heartbeat_due;
    std::vector<PendingRead> reads;  // oldest first
    Instant patience_ends;           // with the few that were asked for them
    std::optional<Transfer> transfer;
    bool operator==(const Leader&) const = default;
  };
  struct Pending {  // handed to the disk
    Ticket ticket;
    Index last;
    bool operator==(const Pending&) const = default;
  };

  // core.cpp: terms, durability, the turn
  void dispatch(Instant now, NodeId from, const Message& message);
  bool admit(Instant now, NodeId from, const Message& message);
  bool answer_old_term(NodeId from, const Message& message);
  void set_term(Term term, NodeId voted_for);
  void mark_log_dirty(Index from);
  void hand_to_disk();
  void hand_out_committed();
  void release_held();
  void send(NodeId to, Message message, Ticket needs);
  void trace(std::string line);
  Ticket next_ticket() const { return last_ticket_.next(); }
  void commit_to(Index index);
  void append_to_log(Entry entry);
  void note_membership(Index index);
  bool is_quorum_alone() const;

  // election.cpp
  void become_follower(Instant now, Term term, NodeId leader);
  void become_pre_candidate(Instant now);
  void become_candidate(Instant now, bool forced);
  void become_leader(Instant now);
  void reset_election_timer(Instant now);
  bool hears_leader(Instant now) const;
  bool may_campaign() const;
  void ask_voters(const VoteRequest& request);
  void count_votes(Instant now);
  void on(Instant now, NodeId from, const VoteRequest& request);
  void on(Instant now, NodeId from, const VoteResponse& response);
  void on(Instant now, NodeId from, const TimeoutNow& message);

  // follower.cpp
  void on(Instant now, NodeId from, const AppendRequest& request);
  void on(Instant now, NodeId from, const Heartbeat& heartbeat);
  bool follow(Instant now, NodeId leader);
  void truncate_from(Index index);
  void refuse_append(NodeId leader, Index prev_index);

  // leader.cpp
  void on(Instant now, NodeId from, const AppendResponse& response);
  void on(Instant now, NodeId from, const HeartbeatResponse& response);
  void tick_leader(Instant now);
  void replicate(Instant now);
  void send_entries(Instant now, NodeId to, Progress& peer);
  void broadcast_heartbeat(Instant now);
  void begin_round(Instant now);
  void ask_for_reads(Instant now);
  void note_promise(Instant now, Progress& peer, const HeartbeatResponse& response);
  void send_heartbeat(Instant now, NodeId to, Progress& peer);
  void maybe_advance_commit();
  void maybe_finish_transfer(NodeId peer);
  bool answers(Instant now, NodeId node) const;
  NodeId best_successor() const;
  void refuse_own_reads();

  // membership_change.cpp
  Index append_membership(Instant now, const Membership& membership);
  void maybe_go_on_changing(Instant now);
  void maybe_promote(Instant now);
  void follow_membership(Instant now);
  void leave_office(Instant now);
  void tell_stranger(NodeId node, const Message& message);
  void on(Instant now, NodeId from, const Removed& message);

  // snapshots.cpp
  void reset_log(Position base);
  Index first_needed_by_peers() const;

  // reads.cpp
  void on(Instant now, NodeId from, const ReadIndexRequest& request);
  void on(Instant now, NodeId from, const ReadIndexResponse& response);
  void start_reads(Instant now);
  bool has_lease(Instant now) const;
  void maybe_grant_reads();
  void answer_read(const PendingRead& read, bool granted);

  Config config_;
  Prng prng_;
  HardState hard_state_;
  Log log_;
  Position snapshot_;  // durable
  MembershipLog memberships_;
  Index commit_index_;
  Index handed_out_;  // committed entries up to here were given to the host
  std::variant<Follower, PreCandidate, Candidate, Leader> role_;
  Instant election_deadline_;
  std::optional<Instant> leader_heard_;  // in this term
  Instant promised_until_;               // lease reads: until then we vote for nobody
  Index verified_;  // follower: equal to this term's leader's log up to here, perhaps not on disk
  std::set<std::uint64_t> reads_asked_;  // follower: of the leader

  Ticket last_ticket_;
  Ticket durable_ticket_;
  Ticket hard_state_ticket_;  // the newest ticket that holds a term or vote
  Ticket log_ticket_;         // … that holds entries
  bool hard_state_dirty_ = false;
  std::optional<Position> log_reset_;  // not yet handed to the disk
  std::optional<Index> log_dirty_from_;
  Index first_needed_;  // not yet told to the disk
  Index durable_index_;
  std::deque<Pending> pending_;
  std::multimap<Ticket, Envelope> held_;

  bool removed_ = false;
  std::optional<std::string> fault_;
  Effects effects_;
};

}  // namespace holdfast::raft
