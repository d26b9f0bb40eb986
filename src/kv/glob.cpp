#include "kv/glob.hpp"

#include <optional>
#include <utility>

#include "kv/text.hpp"

namespace holdfast::kv {
namespace {

// The elements of a pattern, each of which but '*' matches one byte.
class GlobElements {
 public:
  GlobElements(std::string_view pattern, Case letters) : rest_(pattern), letters_(letters) {}

  bool empty() const { return rest_.empty(); }
  bool take_star() {
    if (!rest_.starts_with('*')) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Goes to the first place of the text where the next element may match: only a plain byte is
  // looked for. False: there is none.
  bool find_in(std::string_view& text) const {
    constexpr std::string_view kSpecial = "*?[\\";
    if (empty() || letters_ == Case::kIgnored || kSpecial.contains(rest_.front())) return true;
    const auto at = text.find(rest_.front());
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at);
    return true;
  }
  // Requires that there is one.
  bool take_and_match(char c) {
    c = folded(c);
    const char element = take();
    if (element == '?') return true;
    if (element == '[') return take_class(c);
    return (element == '\\' && !empty() ? folded(take()) : folded(element)) == c;
  }

 private:
  char folded(char c) const { return letters_ == Case::kIgnored ? lower(c) : c; }
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  // What follows '[', and its ']' if there is one.
  bool take_class(char c) {
    const bool negated = rest_.starts_with('^');
    if (negated) take();
    bool found = false;
    while (!empty() && rest_.front() != ']') {
      if (rest_.front() == '\\' && rest_.size() >= 2) {
        take();
        found |= folded(take()) == c;
      } else if (rest_.size() >= 3 && rest_[1] == '-') {
        found |= is_between(c, folded(rest_[0]), folded(rest_[2]));
        rest_.remove_prefix(3);
      } else {
        found |= folded(take()) == c;
      }
    }
    if (!empty()) take();
    return found != negated;
  }
  static bool is_between(char c, char low, char high) {
    if (low > high) std::swap(low, high);
    return c >= low && c <= high;
  }

  std::string_view rest_;
  Case letters_;
};

}  // namespace

// Goes back only to the last '*', so its time is the product of the lengths, never exponential.
bool matches_glob(std::string_view pattern, std::string_view text, Case letters) {
  GlobElements elements(pattern, letters);
  std::optional<GlobElements> after_star;
  std::string_view retry;
  while (!text.empty() || !elements.empty()) {
    if (elements.take_star()) {
      if (elements.empty()) return true;
      if (!elements.find_in(text)) return false;
      after_star = elements;
      retry = text;
      continue;
    }
    if (!text.empty() && !elements.empty() && elements.take_and_match(text.front())) {
      text.remove_prefix(1);
      continue;
    }
    if (!after_star || retry.empty()) return false;
    retry.remove_prefix(1);
    if (!after_star->find_in(retry)) return false;
    text = retry;
    elements = *after_star;
  }
  return true;
}

}  // namespace holdfast::kv
