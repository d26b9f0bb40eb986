#include "resp/inline_args.hpp"

#include <optional>

namespace holdfast::resp {

namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
// Inside an argument fewer bytes end it than are skipped between arguments; so does Redis.
bool ends_argument(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

char unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

class Splitter {
 public:
  Splitter(std::string_view line, std::string& storage)
      : in_(line.substr(0, line.find('\0'))), out_(storage) {}

  bool skip_blanks() {
    while (!in_.empty() && is_blank(in_.front())) in_.remove_prefix(1);
    return !in_.empty();
  }

  bool take_argument() {
    while (!in_.empty() && !ends_argument(in_.front())) {
      const char c = take();
      if (c == '"') {
        if (!take_double_quoted()) return false;
      } else if (c == '\'') {
        if (!take_single_quoted()) return false;
      } else {
        out_ += c;
        continue;
      }
      return in_.empty() || is_blank(in_.front());
    }
    return true;
  }

 private:
  char take() {
    const char c = in_.front();
    in_.remove_prefix(1);
    return c;
  }

  bool take_double_quoted() {
    while (!in_.empty()) {
      const char c = take();
      if (c == '"') return true;
      if (c != '\\' || in_.empty()) {
        out_ += c;
      } else if (!take_hex_escape()) {
        out_ += unescape(take());
      }
    }
    return false;
  }

  bool take_hex_escape() {
    if (in_.size() < 3 || in_[0] != 'x') return false;
    const auto high = hex_digit(in_[1]), low = hex_digit(in_[2]);
    if (!high || !low) return false;
    out_ += static_cast<char>(*high * 16 + *low);
    in_.remove_prefix(3);
    return true;
  }

  bool take_single_quoted() {
    while (!in_.empty()) {
      const char c = take();
      if (c == '\'') return true;
      out_ += c == '\\' && in_.starts_with('\'') ? take() : c;
    }
    return false;
  }

  std::string_view in_;
  std::string& out_;
};

}  // namespace

bool split_inline(std::string_view line, std::string& storage, std::vector<Range>& args) {
  storage.clear();
  args.clear();
  Splitter splitter(line, storage);
  while (splitter.skip_blanks()) {
    const std::size_t begin = storage.size();
    if (!splitter.take_argument()) return false;
    args.push_back({begin, storage.size() - begin});
  }
  return true;
}

}  // namespace holdfast::resp
