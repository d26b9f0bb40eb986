#pragma once

#include <deque>

#include "raft/types.hpp"

namespace holdfast::raft {

// What a leader knows about one peer and has under way to it (Raft figure 2: nextIndex,
// matchIndex).
//
// Probing: where the logs part is not known, or something was lost; one AppendRequest at a time.
// Streaming: requests follow each other without waiting, within the window.
// Invariants: match < next; bytes_in_flight is the sum over in_flight, or what a probe carries.
class Progress {
 public:
  Progress(Index next, Instant now, Duration resend_after)
      : next_(next),
        heard_(now),
        moved_(now),
        resend_first_(resend_after),
        resend_after_(resend_after) {}

  bool may_send(const Config& config) const;
  // Something may have arrived of which the answer was lost: ask, even without an entry to send.
  bool wants_answer() const { return probing_ && match_ < next_.prev(); }
  void sent(Index last, std::size_t bytes, Instant now);
  // Each returns false when the answer is stale and says nothing new.
  bool accepted(Index match, Instant now);
  bool refused(Index rejected, Index next);
  // The peer has received everything up to `received`, perhaps not on disk yet. Without progress
  // for a while what is in flight, or its answer, counts as lost; the wait grows with its bytes and
  // doubles each time, since large entries on a slow link are not lost but late.
  void heard(Instant now, Index received);
  // The connection broke: whatever is in flight may be lost.
  void link_reset();

  // A heartbeat of this round is sent to it.
  void asked(Round round, Instant now);
  void confirmed(Round round, Instant now);
  // How long it takes to answer a heartbeat, as far as is known.
  Duration answers_within(Instant now) const;
  // How long it may take before it counts as silent: a few times of what it usually does.
  Duration patience() const;

  Index match() const { return match_; }
  Index next() const { return next_; }
  Round round_confirmed() const { return round_confirmed_; }  // the newest it has answered
  Instant last_heard() const { return heard_; }
  bool has_answered() const { return has_answered_; }
  bool probing() const { return probing_; }

  Instant lease_until;  // it votes for nobody before, by our clock
  Index commit_told;    // the commit index that it has been sent
  Index snapshot_sent;  // the last entry of a snapshot on its way to it; zero: none

  bool operator==(const Progress&) const = default;
  // See Core::describe.
  template <class Visitor>
  void describe(Visitor& visit) const {
    visit(lease_until, commit_told, snapshot_sent, round_confirmed_, round_asked_, asked_at_,
          answer_time_, match_, next_, received_, probing_, probe_under_way_, in_flight_,
          bytes_in_flight_, has_answered_, heard_, moved_, resend_first_, resend_after_);
  }

 private:
  struct InFlight {
    Index last;
    std::size_t bytes;
    bool operator==(const InFlight&) const = default;
  };
  void send_again_from(Index next);
  void probe_from(Index next);

  Round round_confirmed_;
  Round round_asked_;  // the oldest that it has not answered, or answered last
  Instant asked_at_;
  Duration answer_time_{};  // to a heartbeat, the average of late
  Index match_;
  Index next_;
  Index received_;
  bool probing_ = true;
  bool probe_under_way_ = false;
  std::deque<InFlight> in_flight_;
  std::size_t bytes_in_flight_ = 0;
  bool has_answered_ = false;
  Instant heard_;
  Instant
      moved_;  // when the peer last got further, or was sent something while nothing was under way
  Duration resend_first_;
  Duration resend_after_;
};

}  // namespace holdfast::raft
