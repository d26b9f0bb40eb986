#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resp/inline_args.hpp"

namespace holdfast::resp {

struct RequestLimits {
  // Beyond these the stream is broken: a final protocol error.
  std::int64_t announced_arguments_max = INT32_MAX;
  std::int64_t bulk_bytes_max = 512 << 20;
  std::size_t line_bytes_max = 64 << 10;  // inline commands and length lines
  // A client that has not said its password is believed to have little to say.
  bool authenticated = true;
  static constexpr std::int64_t kUnauthenticatedArgumentsMax = 10;
  static constexpr std::int64_t kUnauthenticatedBulkBytesMax = 16 << 10;

  // Beyond these the command's bytes are passed over, and the next one is read.
  std::int64_t arguments_max = 1'048'576;
  std::size_t argument_bytes_max = 64 << 20;
  std::size_t command_bytes_max = 128 << 20;  // bytes and overhead of all its arguments
};

// Reads what clients send: arrays of bulk strings, and lines typed by people. Bytes may arrive cut
// anywhere; the same commands come out. Memory grows with the bytes that came, never with a length
// that was announced.
class RequestParser {
 public:
  enum class Event : std::uint8_t {
    kNeedMore,
    kCommand,   // args() has it: one argument at least
    kTooLarge,  // a whole command came and was dropped for its size
    kError,     // error() says what broke the protocol; nothing else comes any more
  };

  explicit RequestParser(RequestLimits limits = {}) : limits_(limits) {}
  // Holds for what next() has not looked at yet.
  void set_limits(RequestLimits limits) { limits_ = limits; }

  void feed(std::string_view bytes);
  Event next();

  // Of the last command. The views end at the next call of next() or feed(); after a feed(),
  // args() gives them anew.
  std::span<const std::string_view> args();
  // Of the last event kTooLarge: which of its limits.
  enum class Excess : std::uint8_t { kNone, kArgument, kArguments, kCommand };
  Excess excess() const { return excess_; }
  // As Redis writes it, "ERR Protocol error: …".
  const std::string& error() const { return error_; }

  // What was fed and is not yet part of a command that next() passed.
  std::size_t buffered_bytes() const { return buffer_.size() - begin_; }
  // What was fed behind the last command of which next() told, but for empty lines.
  std::size_t unread_bytes() const { return buffer_.size() - pos_; }
  // The stream may not end here.
  bool is_within_command() const { return arguments_left_ > 0 || unread_bytes() > 0; }

 private:
  enum class Step : std::uint8_t { kMore, kOn, kCommand };

  void forget_command();
  Step start_command();
  Step read_inline();
  Step read_argument();
  Step read_bulk_header();
  Step read_bulk_body();
  Step pass_over_body();
  Step fail(std::string_view what);
  void pass_over(Excess reason);
  std::optional<std::string_view> take_length_line(std::string_view too_big);
  std::string_view unread() const { return std::string_view(buffer_).substr(pos_); }

  RequestLimits limits_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of the current command
  std::size_t pos_ = 0;      // of the first byte not read
  std::size_t scanned_ = 0;  // no line ends between pos_ and here

  std::int64_t arguments_left_ = 0;       // zero: between commands
  std::optional<std::size_t> body_left_;  // of the argument whose length was read
  std::size_t command_bytes_ = 0;
  Excess excess_ = Excess::kNone;
  bool complete_ = false, inline_ = false;

  std::vector<Range> ranges_;  // of inline_text_, or of the buffer from begin_
  std::string inline_text_;
  std::vector<std::string_view> views_;
  std::string error_;
};

}  // namespace holdfast::resp
