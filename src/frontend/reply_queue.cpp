#include "frontend/reply_queue.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "frontend/reply_writer.hpp"

namespace holdfast::frontend {

std::uint64_t ReplyQueue::expect(Path path, Form form, std::size_t request_bytes,
                                 std::string_view name) {
  places_.push_back({std::nullopt, path, form, request_bytes, name});
  ++waiting_[static_cast<std::size_t>(path)];
  request_bytes_ += request_bytes;
  return first_ + places_.size() - 1;
}

void ReplyQueue::put(kv::Reply reply, Form form) {
  const std::size_t bytes = frontend::reply_bytes(reply);
  places_.push_back({std::move(reply), Path::kRead, form, bytes, {}});
  reply_bytes_ += bytes;
}

void ReplyQueue::complete(std::uint64_t request, kv::Reply reply) {
  CHECK(request >= first_ && request - first_ < places_.size());
  Place& place = places_[request - first_];
  CHECK(!place.reply.has_value());
  --waiting_[static_cast<std::size_t>(place.path)];
  request_bytes_ -= place.bytes;
  place.bytes = frontend::reply_bytes(reply);
  place.reply = std::move(reply);
  reply_bytes_ += place.bytes;
  recent_reply_bytes_ = std::max(place.bytes, recent_reply_bytes_ - recent_reply_bytes_ / 8);
}

void ReplyQueue::write_to(std::string& out, std::size_t out_bytes_max) {
  while (!places_.empty() && places_.front().reply && out.size() < out_bytes_max) {
    const Place& place = places_.front();
    if (!place.form.silent) write_reply(*place.reply, place.form.protocol, out);
    reply_bytes_ -= place.bytes;
    places_.pop_front();
    ++first_;
  }
}

std::size_t ReplyQueue::bytes() const {
  const std::size_t waiting = waiting_[0] + waiting_[1];
  return request_bytes_ + reply_bytes_ + waiting * recent_reply_bytes_;
}

}  // namespace holdfast::frontend
