#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "kv/reply.hpp"
#include "resp/reply_writer.hpp"

namespace holdfast::frontend {

// The replies of one connection in the order of its requests: an answer that comes early waits
// for those before it.
class ReplyQueue {
 public:
  // How a request is on its way.
  enum class Path : std::uint8_t { kRead, kLog };
  // How its reply is to be written: the client may change both between two requests.
  struct Form {
    resp::Protocol protocol = resp::Protocol::kResp2;
    bool silent = false;
  };

  // Keeps a place for a reply to come, and returns the request's number. `request_bytes` is what
  // the request holds in memory elsewhere until it is answered.
  // `name` is its command's, from a table.
  std::uint64_t expect(Path path, Form form, std::size_t request_bytes, std::string_view name);
  // Puts a reply that is known at once.
  void put(kv::Reply reply, Form form);
  std::string_view name_of(std::uint64_t request) const { return places_[request - first_].name; }
  // The reply to an expected request; each gets one.
  void complete(std::uint64_t request, kv::Reply reply);

  // Appends what may be written by now, as long as `out` is shorter than `out_bytes_max`.
  void write_to(std::string& out, std::size_t out_bytes_max);

  bool empty() const { return places_.empty(); }
  std::size_t size() const { return places_.size(); }
  std::size_t waiting(Path path) const { return waiting_[static_cast<std::size_t>(path)]; }
  // Of replies that came and are not written.
  std::size_t reply_bytes() const { return reply_bytes_; }
  // Of requests and replies, and of replies still to come if they are like those that came lately.
  std::size_t bytes() const;

 private:
  struct Place {
    std::optional<kv::Reply> reply;
    Path path = Path::kRead;
    Form form;
    std::size_t bytes = 0;  // of the request, then of the reply
    std::string_view name;
  };

  std::deque<Place> places_;
  std::uint64_t first_ = 1;  // the number of places_.front()
  std::array<std::size_t, 2> waiting_{};
  std::size_t request_bytes_ = 0;
  std::size_t reply_bytes_ = 0;
  std::size_t recent_reply_bytes_ = 0;  // the largest, forgotten slowly
};

}  // namespace holdfast::frontend
