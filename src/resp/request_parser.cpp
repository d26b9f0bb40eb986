#include "resp/request_parser.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "resp/number.hpp"

namespace holdfast::resp {

namespace {

// What an argument costs besides its bytes, so that a million empty ones are not free.
constexpr std::size_t kArgumentOverhead = sizeof(std::string_view) + sizeof(Range);
// A buffer that once held a big command gives its memory back beyond this.
constexpr std::size_t kKeptBytesMax = 1 << 20;
constexpr std::size_t kKeptArgumentsMax = 1024;

template <class Container>
void release_if_large(Container& container, std::size_t kept_max) {
  container.clear();
  if (container.capacity() > kept_max) Container().swap(container);
}

}  // namespace

void RequestParser::feed(std::string_view bytes) {
  if (!error_.empty()) return;
  if (begin_ == buffer_.size()) {
    release_if_large(buffer_, kKeptBytesMax);
  } else {
    buffer_.erase(0, begin_);
  }
  pos_ -= begin_;
  scanned_ -= std::min(scanned_, begin_);
  begin_ = 0;
  buffer_.append(bytes);
}

RequestParser::Event RequestParser::next() {
  if (complete_) forget_command();
  for (;;) {
    if (!error_.empty()) return Event::kError;
    const Step step = arguments_left_ == 0 ? start_command() : read_argument();
    if (step == Step::kOn) continue;
    if (step == Step::kMore) return error_.empty() ? Event::kNeedMore : Event::kError;
    complete_ = true;
    return excess_ != Excess::kNone ? Event::kTooLarge : Event::kCommand;
  }
}

std::span<const std::string_view> RequestParser::args() {
  CHECK(complete_ && excess_ == Excess::kNone);
  const std::string_view base =
      inline_ ? std::string_view(inline_text_) : std::string_view(buffer_).substr(begin_);
  views_.clear();
  for (const Range& range : ranges_) views_.push_back(base.substr(range.offset, range.size));
  return views_;
}

void RequestParser::forget_command() {
  begin_ = pos_;
  command_bytes_ = 0;
  complete_ = inline_ = false;
  excess_ = Excess::kNone;
  release_if_large(ranges_, kKeptArgumentsMax);
  release_if_large(views_, kKeptArgumentsMax);
  release_if_large(inline_text_, kKeptBytesMax);
}

RequestParser::Step RequestParser::start_command() {
  if (unread().empty()) return Step::kMore;
  if (unread().front() != '*') return read_inline();
  const auto line = take_length_line("too big mbulk count string");
  if (!line) return Step::kMore;
  const auto count = parse_integer(line->substr(1));
  if (!count || *count > limits_.announced_arguments_max) return fail("invalid multibulk length");
  if (!limits_.authenticated && *count > RequestLimits::kUnauthenticatedArgumentsMax) {
    return fail("unauthenticated multibulk length");
  }
  arguments_left_ = std::max<std::int64_t>(*count, 0);
  begin_ = pos_;
  if (*count > limits_.arguments_max) pass_over(Excess::kArguments);
  return Step::kOn;
}

void RequestParser::pass_over(Excess reason) {
  if (excess_ == Excess::kNone) excess_ = reason;
}

RequestParser::Step RequestParser::read_inline() {
  const auto end = buffer_.find('\n', std::max(pos_, scanned_));
  scanned_ = std::min(end, buffer_.size());
  if (scanned_ - pos_ > limits_.line_bytes_max) return fail("too big inline request");
  if (end == std::string::npos) return Step::kMore;
  std::string_view line = unread().substr(0, end - pos_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  pos_ = end + 1;
  if (!split_inline(line, inline_text_, ranges_)) return fail("unbalanced quotes in request");
  begin_ = pos_;
  inline_ = !ranges_.empty();
  return inline_ ? Step::kCommand : Step::kOn;
}

RequestParser::Step RequestParser::read_argument() {
  if (!body_left_) return read_bulk_header();
  const Step step = excess_ != Excess::kNone ? pass_over_body() : read_bulk_body();
  if (step == Step::kMore) return step;
  body_left_.reset();
  --arguments_left_;
  return arguments_left_ == 0 ? Step::kCommand : Step::kOn;
}

RequestParser::Step RequestParser::read_bulk_header() {
  const auto line = take_length_line("too big bulk count string");
  if (!line) return Step::kMore;
  if (!line->starts_with('$')) {
    const std::string got = line->empty() ? std::string(1, '\r') : std::string(line->substr(0, 1));
    return fail("expected '$', got '" + got + "'");
  }
  const auto size = parse_integer(line->substr(1));
  if (!size || *size < 0 || *size > limits_.bulk_bytes_max) return fail("invalid bulk length");
  if (!limits_.authenticated && *size > RequestLimits::kUnauthenticatedBulkBytesMax) {
    return fail("unauthenticated bulk length");
  }
  body_left_ = static_cast<std::size_t>(*size);
  command_bytes_ += *body_left_ + kArgumentOverhead;
  if (*body_left_ > limits_.argument_bytes_max) pass_over(Excess::kArgument);
  if (command_bytes_ > limits_.command_bytes_max) pass_over(Excess::kCommand);
  if (excess_ != Excess::kNone) begin_ = pos_;
  return Step::kOn;
}

RequestParser::Step RequestParser::read_bulk_body() {
  const std::size_t size = *body_left_;
  const std::string_view rest = unread();
  if (rest.size() < size + 2) return Step::kMore;
  // Differs from Redis, which skips these two bytes unseen: a wrong length is told here, not as
  // nonsense later.
  if (rest.substr(size, 2) != "\r\n") return fail("invalid bulk length");
  ranges_.push_back({pos_ - begin_, size});
  pos_ += size + 2;
  return Step::kOn;
}

// Keeps nothing: begin_ follows pos_, so that feed() frees what was passed.
RequestParser::Step RequestParser::pass_over_body() {
  const std::size_t passed = std::min(*body_left_, unread().size());
  pos_ += passed;
  begin_ = pos_;
  *body_left_ -= passed;
  if (*body_left_ > 0 || unread().size() < 2) return Step::kMore;
  if (!unread().starts_with("\r\n")) return fail("invalid bulk length");
  pos_ += 2;
  begin_ = pos_;
  return Step::kOn;
}

// The line at pos_ without its end; empty while it is not whole, or after an error.
std::optional<std::string_view> RequestParser::take_length_line(std::string_view too_big) {
  const auto end = buffer_.find('\r', std::max(pos_, scanned_));
  scanned_ = std::min(end, buffer_.size());
  if (scanned_ - pos_ > limits_.line_bytes_max) {
    fail(too_big);
    return std::nullopt;
  }
  if (end == std::string::npos || end + 1 == buffer_.size()) return std::nullopt;
  const std::string_view line = unread().substr(0, end - pos_);
  pos_ = end + 2;
  // A '\r' alone makes the line one that is no length.
  return buffer_[end + 1] == '\n' ? line : line.substr(0, 1);
}

RequestParser::Step RequestParser::fail(std::string_view what) {
  error_ = "ERR Protocol error: ";
  error_ += what;
  for (std::string* text : {&buffer_, &inline_text_}) std::string().swap(*text);
  begin_ = pos_ = scanned_ = 0;
  return Step::kMore;
}

}  // namespace holdfast::resp
