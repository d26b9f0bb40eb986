#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kv/session.hpp"

namespace holdfast::kv {

// A copy of the sessions as they were when it began, made while they go on changing. It takes
// their places in order at once, and each session's replies when its turn comes or before it
// changes, whatever is first: no change waits for more than one session.
//
// The extra memory is bounded by the sessions' size at the beginning, less what their longer
// replies share with it.
//
// A session's copy_place is above zero exactly while the copy still needs it as it is.
class SessionsCopy {
 public:
  // In their order, from the one that is idle longest. It stays where it is until it is kept.
  void add(Session& session);
  // Must be called before a session with a place is changed or dropped. It has none from then on.
  void keep(Session& session);
  // As keep(), for one that is dropped next.
  void take(Session& session);

  // Appends about `bytes` to a piece: at least one session, if there are more. Takes time for
  // these bytes. Nothing and false: the copy is complete.
  bool put_next(std::size_t bytes, std::string& piece);
  std::size_t bytes_waiting() const { return kept_bytes_; }

 private:
  struct Place {
    Session* live;  // null once it is kept
    std::unique_ptr<const Session> kept;
  };

  void keep_at(std::size_t place, Session session);

  std::vector<Place> places_;  // a session's copy_place is one more than its index here
  std::size_t next_ = 0;
  std::size_t kept_bytes_ = 0;
};

}  // namespace holdfast::kv
