#include "resp/reply_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace holdfast::resp {

namespace {

std::string format_double(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end);
}

}  // namespace

void ReplyWriter::line(char type, std::string_view text) {
  out_ += type;
  for (const char c : text) out_ += c == '\r' || c == '\n' ? ' ' : c;
  out_ += "\r\n";
}

void ReplyWriter::header(char type, std::size_t size) {
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), size);
  out_ += type;
  out_.append(digits.data(), end);
  out_ += "\r\n";
}

void ReplyWriter::status(std::string_view text) {
  line('+', text);
}
void ReplyWriter::error(std::string_view text) {
  line('-', text);
}
void ReplyWriter::integer(std::int64_t value) {
  line(':', std::to_string(value));
}

void ReplyWriter::bulk(std::string_view bytes) {
  // Else a string that the bytes just fit in is copied to a larger one for the line's end.
  constexpr std::size_t kFrameBytesMax = 32;
  out_.reserve(out_.size() + bytes.size() + kFrameBytesMax);
  header('$', bytes.size());
  out_ += bytes;
  out_ += "\r\n";
}

void ReplyWriter::null() {
  out_ += resp3() ? "_\r\n" : "$-1\r\n";
}
void ReplyWriter::null_array() {
  out_ += resp3() ? "_\r\n" : "*-1\r\n";
}

void ReplyWriter::boolean(bool value) {
  if (resp3()) {
    out_ += value ? "#t\r\n" : "#f\r\n";
  } else {
    integer(value ? 1 : 0);
  }
}

void ReplyWriter::number(double value) {
  const std::string text = format_double(value);
  if (resp3()) {
    line(',', text);
  } else {
    bulk(text);
  }
}

void ReplyWriter::verbatim(std::string_view text) {
  if (!resp3()) return bulk(text);
  header('=', text.size() + 4);
  out_ += "txt:";
  out_ += text;
  out_ += "\r\n";
}

void ReplyWriter::array(std::size_t size) {
  header('*', size);
}
void ReplyWriter::map(std::size_t size) {
  header(resp3() ? '%' : '*', resp3() ? size : size * 2);
}
void ReplyWriter::push(std::size_t size) {
  header(resp3() ? '>' : '*', size);
}
void ReplyWriter::set(std::size_t size) {
  header(resp3() ? '~' : '*', size);
}

}  // namespace holdfast::resp
