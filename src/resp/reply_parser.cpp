#include "resp/reply_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "resp/number.hpp"

namespace holdfast::resp {

namespace {

constexpr std::size_t kKeptBytesMax = 1 << 20;

bool is_aggregate(char type) {
  return std::string_view("*~>%|").find(type) != std::string_view::npos;
}
bool is_counted_in_pairs(char type) {
  return type == '%' || type == '|';
}
bool has_body(char type) {
  return type == '$' || type == '=' || type == '!';
}

std::optional<double> parse_double(std::string_view text) {
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text == "nan" || text == "-nan") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

bool is_big_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

void ReplyParser::feed(std::string_view bytes) {
  if (!error_.empty()) return;
  if (pos_ == buffer_.size() && buffer_.capacity() > kKeptBytesMax) {
    std::string().swap(buffer_);
  } else {
    buffer_.erase(0, pos_);
  }
  scanned_ -= std::min(scanned_, pos_);
  pos_ = 0;
  buffer_.append(bytes);
}

ReplyParser::Event ReplyParser::next() {
  reply_.reset();
  for (;;) {
    if (!error_.empty()) return Event::kError;
    const Step step = read_element();
    if (step == Step::kReply) {
      elements_ = 0;
      return Event::kReply;
    }
    if (step == Step::kMore) return error_.empty() ? Event::kNeedMore : Event::kError;
  }
}

Value ReplyParser::take() {
  CHECK(reply_.has_value());
  Value value = std::move(*reply_);
  reply_.reset();
  return value;
}

// Moves pos_ only past a whole element, so a body that is not here yet is looked at again.
ReplyParser::Step ReplyParser::read_element() {
  const auto end = buffer_.find("\r\n", std::max(pos_, scanned_));
  const bool half_ended =
      end == std::string::npos && buffer_.size() > pos_ && buffer_.back() == '\r';
  const std::size_t line_end = std::min(end, buffer_.size() - (half_ended ? 1 : 0));
  if (line_end - pos_ > limits_.line_bytes_max) return fail("a line is too long");
  if (end == std::string::npos) {
    scanned_ = line_end;
    return Step::kMore;
  }
  scanned_ = end;
  const std::string_view line = std::string_view(buffer_).substr(pos_, end - pos_);
  if (line.empty()) return fail("an empty line where a reply begins");
  const char type = line.front();
  const std::string_view text = line.substr(1);
  if (!is_aggregate(type) && !has_body(type)) return read_scalar(type, text);
  const auto size = parse_integer(text);
  if (!size || *size < -1) return fail("an invalid length");
  return is_aggregate(type) ? open_aggregate(type, *size) : read_body(type, *size);
}

ReplyParser::Step ReplyParser::read_body(char type, std::int64_t size) {
  const std::size_t begin = scanned_ + 2;
  if (size == -1 && type == '$') {
    pos_ = begin;
    return add({Value::Null{}});
  }
  if (size < 0 || size > limits_.bulk_bytes_max) return fail("an invalid bulk length");
  const auto length = static_cast<std::size_t>(size);
  if (buffer_.size() - begin < length + 2) return Step::kMore;
  std::string body = buffer_.substr(begin, length);
  if (buffer_.compare(begin + length, 2, "\r\n") != 0) return fail("a bulk string without its end");
  pos_ = begin + length + 2;
  if (type == '$') return add({Value::Bulk{std::move(body)}});
  if (type == '!') return add({Value::Error{std::move(body)}});
  if (body.size() < 4 || body[3] != ':') return fail("verbatim text without its format");
  return add({Value::Verbatim{body.substr(0, 3), body.substr(4)}});
}

ReplyParser::Step ReplyParser::open_aggregate(char type, std::int64_t size) {
  pos_ = scanned_ + 2;
  if (size == -1 && type == '*') return add({Value::Null{}});
  const auto count = static_cast<std::uint64_t>(size);
  if (size < 0 || count > limits_.elements_max) return fail("an invalid number of elements");
  if (open_.size() == limits_.depth_max) return fail("replies nested too deeply");
  const std::size_t left = is_counted_in_pairs(type) ? count * 2 : count;
  if (left == 0) return type == '|' ? Step::kOn : add(close({type, 0, {}}));
  open_.push_back({type, left, {}});
  return Step::kOn;
}

ReplyParser::Step ReplyParser::read_scalar(char type, std::string_view text) {
  std::optional<Value> value;
  if (type == '+') value = Value{Value::Status{std::string(text)}};
  if (type == '-') value = Value{Value::Error{std::string(text)}};
  if (type == '_' && text.empty()) value = Value{Value::Null{}};
  if (type == '#' && (text == "t" || text == "f")) value = Value{text == "t"};
  if (type == '(' && is_big_number(text)) value = Value{Value::BigNumber{std::string(text)}};
  if (type == ':') {
    if (const auto number = parse_integer(text)) value = Value{*number};
  }
  if (type == ',') {
    if (const auto number = parse_double(text)) value = Value{*number};
  }
  if (!value) return fail("bytes that are no reply");
  pos_ = scanned_ + 2;
  return add(std::move(*value));
}

// Puts a finished value in its place: into the innermost open aggregate, which it may complete.
ReplyParser::Step ReplyParser::add(Value value) {
  if (++elements_ > limits_.elements_max) return fail("too many elements");
  for (;;) {
    if (open_.empty()) {
      reply_ = std::move(value);
      return Step::kReply;
    }
    open_.back().items.push_back(std::move(value));
    if (--open_.back().left > 0) return Step::kOn;
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.type == '|') return Step::kOn;
    value = close(std::move(done));
  }
}

Value ReplyParser::close(Open open) {
  switch (open.type) {
    case '~':
      return {Value::Set{std::move(open.items)}};
    case '>':
      return {Value::Push{std::move(open.items)}};
    case '%':
      return {Value::Map{std::move(open.items)}};
    default:
      return {Value::Array{std::move(open.items)}};
  }
}

ReplyParser::Step ReplyParser::fail(std::string_view what) {
  error_ = "protocol error in a reply: ";
  error_ += what;
  open_.clear();
  std::string().swap(buffer_);
  pos_ = scanned_ = 0;
  return Step::kMore;
}

}  // namespace holdfast::resp
