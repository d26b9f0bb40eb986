#include "sim/json_text.hpp"

#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>

namespace holdfast::sim {

void JsonText::separate() {
  if (!std::exchange(first_, false)) text_ += ',';
}

void JsonText::open(char bracket) {
  separate();
  text_ += bracket;
  first_ = true;
}

void JsonText::close(char bracket) {
  text_ += bracket;
  first_ = false;
}

void JsonText::key(std::string_view name) {
  text(name);
  text_ += ':';
  first_ = true;
}

void JsonText::number(std::int64_t value) {
  separate();
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text_.append(digits.data(), end);
}

void JsonText::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
}

void JsonText::null() {
  separate();
  text_ += "null";
}

void JsonText::text(std::string_view bytes) {
  separate();
  for (const char character : boost::json::serialize(boost::json::string_view(bytes))) {
    if (character == '<') {
      text_ += "\\u003c";
    } else {
      text_ += character;
    }
  }
}

}  // namespace holdfast::sim
