#include "kv/sessions.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/checksum.hpp"
#include "kv/piece.hpp"

namespace holdfast::kv {
namespace {

// An id tells roughly when it was given, so that an id of a data set that was thrown away
// hardly ever names a session of its successor; below 2^53 for ages, so that it survives in a
// double.
constexpr std::uint64_t kIdsPerIndex = 1024;

std::uint64_t digest_of(const RecordedReply& reply) {
  return checksum(reply.encoded.view(), reply.request * 0x9e3779b97f4a7c15ULL ^ reply.command);
}

}  // namespace

std::uint64_t Sessions::open(Index index, std::uint64_t now_ms) {
  while (!by_use_.empty() && by_use_.size() >= limits_.sessions_max) drop(by_use_.begin());
  last_id_ = std::max(index.value() * kIdsPerIndex, last_id_ + 1);
  by_use_.push_back(Session{.id = last_id_, .used_ms = now_ms});
  by_id_.emplace(last_id_, std::prev(by_use_.end()));
  return last_id_;
}

bool Sessions::close(std::uint64_t id) {
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return false;
  drop(at->second);
  return true;
}

void Sessions::expire(std::uint64_t now_ms) {
  while (!by_use_.empty() && now_ms - by_use_.front().used_ms >= limits_.session_ttl_ms) {
    drop(by_use_.begin());
  }
}

void Sessions::drop(List::iterator session) {
  reply_bytes_ -= session->reply_bytes;
  by_id_.erase(session->id);
  if (copy_ && session->copy_place != 0) copy_->take(*session);
  by_use_.erase(session);
}

Session* Sessions::find(std::uint64_t id) {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &*at->second;
}

void Sessions::touch(Session& session, std::uint64_t now_ms) {
  CHECK(now_ms >= by_use_.back().used_ms);
  keep_for_copy(session);
  session.used_ms = now_ms;
  by_use_.splice(by_use_.end(), by_use_, by_id_.find(session.id)->second);
}

void Sessions::acknowledge(Session& session, std::uint64_t lowest_awaited) {
  if (lowest_awaited <= session.lowest_awaited) return;
  keep_for_copy(session);
  session.lowest_awaited = lowest_awaited;
  const auto end =
      std::ranges::lower_bound(session.replies, lowest_awaited, {}, &RecordedReply::request);
  for (auto reply = session.replies.begin(); reply != end; ++reply) {
    session.reply_bytes -= reply->bytes();
    reply_bytes_ -= reply->bytes();
    session.replies_digest -= digest_of(*reply);
  }
  session.replies.erase(session.replies.begin(), end);
}

bool Sessions::is_full(const Session& session) const {
  return session.replies.size() >= limits_.session_replies_max ||
         session.reply_bytes >= limits_.session_reply_bytes_max;
}

void Sessions::record(Session& session, std::uint64_t request, std::uint64_t command,
                      const Reply& reply) {
  keep_for_copy(session);
  std::string encoded;
  Writer out(encoded);
  encode(reply, out);
  RecordedReply recorded{request, command, Value(std::move(encoded))};
  session.reply_bytes += recorded.bytes();
  reply_bytes_ += recorded.bytes();
  session.replies_digest += digest_of(recorded);
  const auto at = std::ranges::lower_bound(session.replies, request, {}, &RecordedReply::request);
  CHECK(at == session.replies.end() || at->request != request);
  session.replies.insert(at, std::move(recorded));
  // The session itself was used last, so it's the last to go; and it stays.
  while (reply_bytes_ > limits_.reply_bytes_max && by_use_.size() > 1) drop(by_use_.begin());
}

const RecordedReply* Sessions::find_reply(const Session& session, std::uint64_t request) {
  const auto at = std::ranges::lower_bound(session.replies, request, {}, &RecordedReply::request);
  return at == session.replies.end() || at->request != request ? nullptr : &*at;
}

std::uint64_t Sessions::digest() const {
  std::string bytes;
  Writer out(bytes);
  out.put(last_id_);
  for (const Session& session : by_use_) {
    out.put(session.id);
    out.put(session.used_ms);
    out.put(session.lowest_awaited);
    out.put(session.replies_digest);
  }
  return checksum(bytes);
}

std::size_t Sessions::bytes() const {
  return size() * kSessionBytes + reply_bytes_;
}

void Sessions::begin_copy() {
  copy_.emplace();
  for (Session& session : by_use_) copy_->add(session);
}

bool Sessions::put_copied(std::size_t bytes, std::string& piece) {
  if (!copy_->put_next(bytes, piece)) end_copy();
  return is_copying();
}

void Sessions::keep_for_copy(Session& session) {
  if (copy_ && session.copy_place != 0) copy_->keep(session);
}

bool Sessions::restore(Session session) {
  if (session.id == 0 || session.id > last_id_ || session.lowest_awaited == 0) return false;
  if (!by_use_.empty() && session.used_ms < by_use_.back().used_ms) return false;
  session.reply_bytes = 0;
  session.replies_digest = 0;
  std::uint64_t lowest = session.lowest_awaited;
  for (const RecordedReply& reply : session.replies) {
    if (reply.request < lowest || reply.request == UINT64_MAX) return false;
    lowest = reply.request + 1;
    session.reply_bytes += reply.bytes();
    session.replies_digest += digest_of(reply);
  }
  by_use_.push_back(std::move(session));
  const Session& added = by_use_.back();
  if (!by_id_.emplace(added.id, std::prev(by_use_.end())).second) return by_use_.pop_back(), false;
  reply_bytes_ += added.reply_bytes;
  return true;
}

}  // namespace holdfast::kv
