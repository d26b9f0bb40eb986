#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "kv/limits.hpp"
#include "kv/reply.hpp"
#include "kv/session.hpp"
#include "kv/sessions_copy.hpp"

namespace holdfast::kv {

// The sessions of exactly-once clients (thesis §6.3). Bounded in number, in recorded replies and
// in their bytes. At the bound the session that was idle longest is dropped: its client is
// refused from then on, so that nothing is ever executed twice.
//
// Invariants: sessions are listed from the longest idle to the last used, so used_ms never falls
// along the list; no id is above last_id(); ids rise with every open().
class Sessions {
 public:
  explicit Sessions(const Limits& limits) : limits_(limits) {}

  // The new session's id: above all earlier ones.
  std::uint64_t open(Index index, std::uint64_t now_ms);
  bool close(std::uint64_t id);
  // Drops what was idle for session_ttl_ms. Takes time for those that it drops only.
  void expire(std::uint64_t now_ms);

  // Null if it isn't open. Valid until the session is gone.
  Session* find(std::uint64_t id);
  // The session was used now.
  void touch(Session& session, std::uint64_t now_ms);
  // The client awaits no request below this one any more.
  void acknowledge(Session& session, std::uint64_t lowest_awaited);
  bool is_full(const Session& session) const;
  // Requires that the request is not recorded yet.
  void record(Session& session, std::uint64_t request, std::uint64_t command, const Reply& reply);
  static const RecordedReply* find_reply(const Session& session, std::uint64_t request);

  std::size_t size() const { return by_id_.size(); }
  std::size_t reply_bytes() const { return reply_bytes_; }  // recorded by all sessions
  std::uint64_t last_id() const { return last_id_; }        // the highest that was ever given
  const Limits& limits() const { return limits_; }
  std::uint64_t digest() const;
  std::size_t bytes() const;  // that a copy takes, roughly

  // Begins a copy of what is here now, instead of an earlier one that isn't finished. Takes time
  // for the number of sessions, and none for their replies.
  void begin_copy();
  void end_copy() { copy_.reset(); }
  bool is_copying() const { return copy_.has_value(); }
  // The next sessions of the copy, to a piece's end: about `bytes`. Nothing and false: it has them
  // all, and is over. Requires that there is a copy.
  bool put_copied(std::size_t bytes, std::string& piece);
  std::size_t copy_bytes_waiting() const { return copy_ ? copy_->bytes_waiting() : 0; }

  // To build the table from a copy: the last id before any session, which then come in their
  // order. False: there can be no such session. The sums of its replies are made anew.
  void restore_last_id(std::uint64_t id) { last_id_ = id; }
  bool restore(Session session);

 private:
  using List = std::list<Session>;

  void drop(List::iterator session);
  // Must be called before a session is changed.
  void keep_for_copy(Session& session);

  Limits limits_;
  List by_use_;
  boost::unordered_flat_map<std::uint64_t, List::iterator> by_id_;
  std::size_t reply_bytes_ = 0;  // of all sessions
  std::uint64_t last_id_ = 0;
  std::optional<SessionsCopy> copy_;  // under way
};

}  // namespace holdfast::kv
