#include "kv/sessions_copy.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "kv/piece.hpp"

namespace holdfast::kv {

void SessionsCopy::add(Session& session) {
  places_.push_back({.live = &session, .kept = nullptr});
  session.copy_place = places_.size();
}

void SessionsCopy::keep(Session& session) {
  keep_at(std::exchange(session.copy_place, 0), session);
}

void SessionsCopy::take(Session& session) {
  keep_at(std::exchange(session.copy_place, 0), std::move(session));
}

void SessionsCopy::keep_at(std::size_t place, Session session) {
  CHECK(place > next_ && place <= places_.size());
  kept_bytes_ += kSessionBytes + session.reply_bytes;
  places_[place - 1] = {.live = nullptr,
                        .kept = std::make_unique<const Session>(std::move(session))};
}

bool SessionsCopy::put_next(std::size_t bytes, std::string& piece) {
  const std::size_t begin = piece.size();
  const bool has_more = next_ < places_.size();
  Writer out(piece);
  const auto has_room = [&] { return piece.size() == begin || piece.size() - begin < bytes; };
  for (; next_ < places_.size() && has_room(); ++next_) {
    Place& place = places_[next_];
    if (place.live != nullptr) {
      put_session(*place.live, out);
      place.live->copy_place = 0;
    } else {
      put_session(*place.kept, out);
      kept_bytes_ -= kSessionBytes + place.kept->reply_bytes;
      place.kept = nullptr;
    }
  }
  return has_more;
}

}  // namespace holdfast::kv
