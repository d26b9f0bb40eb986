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

namespace holdfast::kv {

// The reply to a request, kept until the client says that it has it.
struct RecordedReply {
  std::uint64_t request = 0;
  std::uint64_t command = 0;  // fingerprint of the command, to notice a number that is used twice
  std::string encoded;

  // Decides what is refused and dropped, so it must not depend on a compiler's sizeof.
  std::size_t bytes() const { return kOverheadBytes + encoded.size(); }
  static constexpr std::size_t kOverheadBytes = 64;
};

struct Session {
  std::uint64_t id = 0;
  std::uint64_t used_ms = 0;                // cluster time of the last request
  std::uint64_t lowest_awaited = 1;         // requests below are answered and forgotten
  std::vector<RecordedReply> replies = {};  // by request number, none below lowest_awaited
  std::size_t reply_bytes = 0;              // the sum of the replies' bytes()
  std::uint64_t replies_digest = 0;         // the sum of the replies' digests
};

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

 private:
  using List = std::list<Session>;

  void drop(List::iterator session);

  Limits limits_;
  List by_use_;
  boost::unordered_flat_map<std::uint64_t, List::iterator> by_id_;
  std::size_t reply_bytes_ = 0;  // of all sessions
  std::uint64_t last_id_ = 0;
};

}  // namespace holdfast::kv
