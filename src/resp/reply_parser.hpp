#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resp/value.hpp"

namespace holdfast::resp {

struct ReplyLimits {
  std::int64_t bulk_bytes_max = 512 << 20;
  std::size_t line_bytes_max = 64 << 10;
  std::size_t elements_max = 4 << 20;  // of one reply, at all depths together
  std::size_t depth_max = 32;
};

// Reads what servers send, cut anywhere, RESP2 and RESP3 (attributes are passed over; the streamed
// types, which no server sends, are errors). Memory grows with the bytes that came, never with a
// length that was announced.
class ReplyParser {
 public:
  enum class Event : std::uint8_t { kNeedMore, kReply, kError };

  explicit ReplyParser(ReplyLimits limits = {}) : limits_(limits) {}

  void feed(std::string_view bytes);
  // After kReply, take() has it. kError is final.
  Event next();
  Value take();
  const std::string& error() const { return error_; }

 private:
  // An aggregate whose elements are still coming.
  struct Open {
    char type;
    std::size_t left;
    std::vector<Value> items;
  };
  enum class Step : std::uint8_t { kMore, kOn, kReply };

  Step read_element();
  Step read_body(char type, std::int64_t size);
  Step open_aggregate(char type, std::int64_t size);
  Step read_scalar(char type, std::string_view text);
  Step add(Value value);
  Step fail(std::string_view what);
  static Value close(Open open);

  ReplyLimits limits_;
  std::string buffer_;
  std::size_t pos_ = 0;
  std::size_t scanned_ = 0;  // no line ends between pos_ and here
  std::size_t elements_ = 0;
  std::vector<Open> open_;
  std::optional<Value> reply_;
  std::string error_;
};

}  // namespace holdfast::resp
